package dev.slablab.linux;

import module java.base;
import dev.slablab.slab.SlabList;
import org.jspecify.annotations.Nullable;

/**
 * The slabs of a cache that belong to one memory node, and the arrays above them ({@code struct kmem_list3}). All but
 * the alien arrays is guarded by {@link #guard}.
 */
final class Node {
  private static final int ALIEN_LIMIT = 12;

  final int id;
  final Guard guard = new Guard();
  final SlabList<LinuxSlab> full = new SlabList<>();
  final SlabList<LinuxSlab> partial = new SlabList<>();
  /** The slabs nothing is in use of. */
  final SlabList<LinuxSlab> free = new SlabList<>();
  @Nullable ArrayCache shared;
  /** Free objects of the other nodes, by node; null at our own. */
  final @Nullable ArrayCache[] aliens;
  long freeObjects;
  /** Whether a refill had to look at the free slabs since the last look of the reaper. */
  boolean freeTouched;
  private int nextColour;
  /** Slabs to be destroyed once the lock is given up. */
  private @Nullable LinuxSlab doomed;
  /** The statistics: objects out, their high-water mark and that of slabs with such; objects ever moved out. */
  long active;
  long activeMax;
  long usedMax;
  long taken;
  long grown;
  long destroyed;
  long reaped;
  long failures;
  long freeMax;
  private final LinuxCache cache;

  Node(LinuxCache cache, int id, int nodes) {
    this.cache = cache;
    this.id = id;
    this.aliens = new ArrayCache[nodes];
    Arrays.setAll(aliens, i -> i == id ? null : new ArrayCache(cache.shape.limit() == 1 ? 1 : ALIEN_LIMIT));
    long[] _ = tune(cache.shape);
  }

  /** Takes over other sizes ({@code alloc_kmemlist}), or that there is no CPU; gives what the old shared array held. */
  long[] tune(LinuxGeometry tuned) {
    int size = cache.topology.cpus(id) == 0 ? 0 : tuned.sharedFactor() * tuned.batch();
    try (Guard _ = guard.take()) {
      long[] old = shared == null ? new long[0] : shared.contents();
      shared = size == 0 ? null : new ArrayCache(size);
      return old;
    }
  }

  /** How many free objects may stay. */
  long freeLimit() {
    return cache.tuned.freeLimit(cache.topology.cpus(id));
  }

  /** The colour offset of the next slab. */
  int nextColour() {
    int colour = nextColour;
    nextColour = colour + 1 < cache.shape.colours() ? colour + 1 : 0;
    return colour * cache.shape.colourUnit();
  }

  /** Links a fresh slab, or counts that there was none to be had. */
  void add(@Nullable LinuxSlab slab) {
    if (slab == null) {
      failures++;
      return;
    }
    free.addTail(slab);
    freeObjects += cache.shape.objects();
    grown++;
  }

  /** What one refill gets: of the shared array if it has any, and be it less than wanted; else of the slabs. */
  int refill(long[] to, int n) {
    if (shared != null && shared.avail() > 0) {
      shared.touched = true;
      return shared.takeNewest(to, n);
    }
    return take(to, n);
  }

  /** Takes objects from the slabs: first of partial, else first of free. Corruption counts once nothing else is had. */
  int take(long[] to, int n) {
    int count = 0;
    while (count < n) {
      freeTouched |= partial.head == null;
      LinuxSlab slab = partial.head != null ? partial.head : free.head;
      if (slab == null) {
        break;
      }
      int before = count;
      try {
        for (long object = slab.take(); object != 0; object = count < n ? slab.take() : 0) {
          to[count++] = object;
        }
      } catch (RuntimeException e) {
        if (count == 0) {
          throw e;
        }
        n = count; // the objects taken are sound, and the next refill tells
      }
      place(slab, true);
      freeObjects -= count - before;
    }
    active += count;
    taken += count;
    activeMax = Math.max(activeMax, active);
    usedMax = Math.max(usedMax, full.size + partial.size);
    return count;
  }

  /**
   * Puts an object back ({@code free_block}); a slab this empties beyond the limit is condemned, unless it is to stay.
   * Returns null, or what is wrong with the address; then nothing changed.
   */
  @Nullable String put(LinuxSlab slab, long object, boolean keep) {
    if (slab.list == null) {
      return "was free already, and its slab is being returned (double free)";
    }
    String wrong = slab.put(object);
    if (wrong != null) {
      return wrong;
    }
    active--;
    freeObjects++;
    if (slab.inUse == 0 && !keep && freeObjects > freeLimit() && (doomed != null || cache.gate.enter())) {
      doomed = detach(slab, doomed);
    } else {
      place(slab, slab.inUse == 0);
      freeMax = Math.max(freeMax, free.size);
    }
    return null;
  }

  private void place(LinuxSlab slab, boolean first) {
    if (slab.list != null) {
      slab.list.remove(slab);
    }
    SlabList<LinuxSlab> list = slab.inUse == 0 ? free : slab.inUse < cache.shape.objects() ? partial : full;
    if (first) {
      list.addHead(slab);
    } else {
      list.addTail(slab);
    }
  }

  private LinuxSlab detach(LinuxSlab slab, @Nullable LinuxSlab rest) {
    if (slab.list != null) {
      slab.list.remove(slab);
    }
    active -= slab.inUse;
    freeObjects -= cache.shape.objects() - slab.inUse;
    destroyed++;
    slab.next = rest;
    return slab;
  }

  /** The chain of slabs that {@link #put} condemned; whoever gets one leaves the gate when they are gone. */
  @Nullable LinuxSlab detachDoomed() {
    LinuxSlab chain = doomed;
    doomed = null;
    return chain;
  }

  /** Unlinks up to n free slabs, last first ({@code drain_freelist}); a chain that goes on with another. */
  @Nullable LinuxSlab detachFree(long n, @Nullable LinuxSlab rest) {
    LinuxSlab chain = rest;
    for (long i = 0; i < n && free.tail != null; i++) {
      chain = detach(free.tail, chain);
    }
    return chain;
  }

  /** Unlinks every slab, whatever is in use. */
  @Nullable LinuxSlab detachAll(@Nullable LinuxSlab rest) {
    LinuxSlab chain = rest;
    for (SlabList<LinuxSlab> list : List.of(full, partial, free)) {
      while (list.head != null) {
        chain = detach(list.head, chain);
      }
    }
    return chain;
  }

  void count(SlabInfo.Count count) {
    full.forEach(slab -> count.slab("full", slab.inUse));
    partial.forEach(slab -> count.slab("partial", slab.inUse));
    free.forEach(slab -> count.slab("free", slab.inUse));
    count.node(freeObjects, shared == null ? 0 : shared.avail());
  }

  /** How many free slabs are beyond the limit. */
  long excess() {
    return Math.min(free.size, Math.ceilDiv(Math.max(0, freeObjects - freeLimit()), cache.shape.objects()));
  }

  /** How many more the timed reap takes: a fifth of the limit's worth, none while they were needed. */
  long agedOut() {
    long fifth = Math.ceilDiv(freeLimit(), 5L * cache.shape.objects());
    long slabs = freeTouched ? 0 : Math.min(fifth, free.size - excess());
    freeTouched = false;
    reaped += slabs;
    return slabs;
  }

  /**
   * What each array holds, the shared one last; takes the locks itself. They are emptied if so wanted: then alien ones
   * in use are passed over unless one may wait.
   */
  List<long[]> contents(boolean empty, boolean wait) {
    List<long[]> all = new ArrayList<>();
    for (ArrayCache alien : aliens) {
      if (alien != null && alien.guard.take(wait)) {
        try (Guard _ = alien.guard) {
          all.add(empty ? alien.takeOldest(alien.avail()) : alien.contents());
        }
      }
    }
    try (Guard _ = guard.take()) {
      all.add(shared == null ? new long[0] : empty ? shared.takeOldest(shared.avail()) : shared.contents());
    }
    return all;
  }
}
