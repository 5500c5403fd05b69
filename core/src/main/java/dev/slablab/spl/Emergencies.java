package dev.slablab.spl;

import module java.base;
import dev.slablab.page.*;
import dev.slablab.spec.*;
import dev.slablab.spl.SplCache.Locked;

/** The emergency objects of one cache: each a power-of-two page run of its own. Guarded by the cache's list lock. */
final class Emergencies {
  /** The page run of one emergency object ({@code spl_kmem_emergency_t}). */
  static final class Run extends PageOwner {
    final SplCache cache;
    final long address;

    Run(SplCache cache, long address) {
      super(cache.handle, -1);
      this.cache = cache;
      this.address = address;
    }

    @Override
    public String toString() {
      return "cache " + cache.name() + " or is inside an emergency object";
    }
  }

  private final SplCache cache;
  final long bytes;
  final NavigableMap<Long, Run> tree = new TreeMap<>();
  long max;

  Emergencies(SplCache cache) {
    this.cache = cache;
    this.bytes = Pages.powerOfTwoRun(cache.geometry.objectSize(), cache.context.source().pageSize());
  }

  /** {@code spl_emergency_alloc}: an address, {@link Growth#RETRY} if a slab appeared, or {@link Growth#NO_MEMORY}. */
  long allocate(AllocMode mode) {
    try (Locked _ = cache.lock()) {
      cache.checkOpen("alloc");
      if (!cache.lists.partial.isEmpty()) {
        return Growth.RETRY;
      }
      cache.growth.hold();
    }
    try {
      long object = cache.context.source().allocate(bytes, Area.EMERGENCY, mode);
      if (object == PageSource.NONE) {
        return Growth.NO_MEMORY;
      }
      try {
        add(object);
        if (cache.hooks.perSlab()) {
          cache.hooks.construct(object, mode);
        }
        return object;
      } catch (Throwable e) {
        boolean _ = free(object, false);
        throw e;
      }
    } finally {
      cache.growth.drop();
    }
  }

  private void add(long object) {
    Run run = new Run(cache, object);
    try (Locked _ = cache.lock()) {
      if (tree.putIfAbsent(object, run) != null) {
        throw cache.corruption("emergency", object, "the page source gave a run that is in use");
      }
      max = Math.max(max, tree.size());
      cache.directAllocs++;
    }
    cache.context.map().set(object, bytes, run);
    new KmemEvent.Emergency().tell(cache.name(), bytes);
  }

  /** {@code spl_emergency_free}: takes an object from the tree and returns its pages; false when it is none of ours. */
  boolean free(long object, boolean destruct) {
    try (Locked _ = cache.lock()) {
      if (tree.remove(object) == null) {
        return false;
      }
      cache.directFrees++;
      cache.growth.hold();
    }
    Failures thrown = new Failures();
    try {
      if (destruct) {
        cache.hooks.destruct(object, thrown);
      }
      release(object);
    } finally {
      cache.growth.drop();
    }
    thrown.rethrow();
    return true;
  }

  /** Returns the pages of an object that is in the tree no more. */
  void release(long object) {
    cache.context.map().set(object, bytes, null);
    cache.context.source().free(object, bytes, Area.EMERGENCY);
    cache.signalMemory();
  }
}
