package dev.slablab.spl;

import dev.slablab.page.PageOwner;
import dev.slablab.slab.SlabList;
import dev.slablab.spec.*;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The partial and complete lists of one cache with their totals ({@code spl_cache_obj}, {@code spl_cache_shrink},
 * {@code spl_slab_reclaim}). Guarded by the cache's list lock; calls nothing that waits.
 */
final class SlabLists {
  private static final int FLUSHES_PER_LOOK = 16;

  final SlabList<Slab> partial = new SlabList<>();
  final SlabList<Slab> complete = new SlabList<>();
  private final SplCache cache;
  /** Empty slabs, the fewest since the last decay, and when that was. */
  long empty;
  long emptyMin;
  private volatile long lastDecay;
  long slabTotal;
  long slabAlloc;
  long objAlloc;
  private long slabMax;
  long objMax;
  private long created;
  private long destroyed;
  /** Objects that came back so far: how a shortage sees progress. */
  long returned;
  /** {@link #returned} at the last look at the clock; a race costs one look more or less. */
  private long looked;
  /** Flushes since, some of which the depot took: a race costs as little. */
  private int flushes;

  SlabLists(SplCache cache) {
    this.cache = cache;
  }

  /** Links a fresh slab at the tail of partial, which keeps the empty slabs together there. */
  void add(Slab slab) {
    partial.addTail(slab);
    slabTotal++;
    created++;
    empty++;
  }

  /** Takes objects from the head of partial until there are enough or no more; returns how many. */
  int take(long[] to, int want) {
    int n = 0;
    try {
      for (Slab slab = partial.head; n < want && slab != null; slab = partial.head) {
        to[n] = takeOne(slab);
        n++;
      }
    } catch (KmemException.Corruption e) {
      if (n == 0) { // else the objects taken are sound, and the next refill tells
        throw e;
      }
    }
    objMax = Math.max(objMax, objAlloc);
    return n;
  }

  private long takeOne(Slab slab) {
    long object = cache.layout.take(slab);
    if (slab.ref == 0) {
      empty--;
      emptyMin = Math.min(emptyMin, empty);
      slabAlloc++;
      slabMax = Math.max(slabMax, slabAlloc);
    }
    slab.ref++;
    objAlloc++;
    if (slab.ref == cache.geometry.objects()) {
      partial.remove(slab);
      complete.addHead(slab);
    }
    return object;
  }

  /** Puts an object back into its slab. Returns null, or what is wrong with the address; then nothing was changed. */
  @Nullable String put(long object) {
    PageOwner owner = cache.context.map().get(object);
    if (!(owner instanceof Slab slab) || slab.cache != cache) {
      return PageOwner.whose(owner);
    }
    if (slab.list == null) {
      return "was free already, and its slab is being returned (double free)";
    }
    int index = slab.index(object);
    String wrong = index < 0 ? "is inside a slab but not the start of an object" : cache.layout.put(slab, index);
    if (wrong != null) {
      return wrong;
    }
    boolean wasFull = slab.ref == cache.geometry.objects();
    slab.ref--;
    objAlloc--;
    returned++;
    if (wasFull) {
      complete.remove(slab);
      partial.addHead(slab);
    }
    if (slab.ref == 0) {
      empty++;
      slabAlloc--;
      partial.remove(slab);
      partial.addTail(slab);
    }
    return null;
  }

  /** Unlinks every empty slab; returns them as a chain through {@code next}, or null. */
  @Nullable Slab detachEmpty() {
    return detachEmpty(Long.MAX_VALUE);
  }

  /** Whether a slab's worth of objects, or many flushes, came back since this was last true: a clock costs a flush. */
  boolean isLookDue(long decay) {
    if (decay != 0 && returned - looked < cache.geometry.objects() && ++flushes < FLUSHES_PER_LOOK) {
      return false;
    }
    flushes = 0;
    looked = returned;
    return true;
  }

  /** Whether {@link #detachUnneeded} would do something; without the lock. */
  boolean isDecayDue(long now, long decay) {
    return decay == 0 || now - lastDecay >= decay;
  }

  /**
   * The same for slabs that were not needed: once every {@code decay} nanoseconds, as many as have been empty ever
   * since the last time (Bonwick and Adams 2001, 3.4: the working set); 0 = all of them but so many, always.
   */
  @Nullable Slab detachUnneeded(long now, long decay, int keep) {
    if (decay == 0) {
      return detachEmpty(empty - keep);
    }
    if (!isDecayDue(now, decay)) {
      return null;
    }
    lastDecay = now;
    Slab chain = detachEmpty(emptyMin);
    emptyMin = empty;
    return chain;
  }

  private @Nullable Slab detachEmpty(long most) {
    Slab chain = null;
    Slab slab = partial.tail;
    for (long n = 0; n < most && slab != null && slab.ref == 0; slab = partial.tail, n++) {
      chain = detach(partial, slab, chain);
      empty--;
    }
    emptyMin = Math.min(emptyMin, empty);
    return chain;
  }

  /** Unlinks every slab, whatever is in use; returns them as a chain that goes on with another. */
  @Nullable Slab detachAll(@Nullable Slab rest) {
    Slab chain = rest;
    for (SlabList<Slab> list : List.of(partial, complete)) {
      for (Slab slab = list.head; slab != null; slab = list.head) {
        chain = detach(list, slab, chain);
        slabAlloc--;
        objAlloc -= slab.ref;
      }
    }
    return chain;
  }

  private Slab detach(SlabList<Slab> list, Slab slab, @Nullable Slab rest) {
    list.remove(slab);
    slabTotal--;
    destroyed++;
    slab.next = rest;
    return slab;
  }

  CacheStats.Slabs stats(long failures) {
    return new CacheStats.Slabs(slabTotal, slabAlloc, slabMax, created, destroyed, failures);
  }
}
