package dev.slablab;

import dev.slablab.spec.*;

/**
 * What whoever is short of memory may ask of an instance ({@code spl_kmem_cache_shrinker}): a program that watches its
 * container's limit, for one. The instance's own timer asks it too ({@code memory_pressure}). Thread-safe.
 */
public final class Shrinker {
  /** What {@link #scan} gives when asking again is of no use now. */
  public static final long STOP = -1;

  private final Kmem kmem;

  Shrinker(Kmem kmem) {
    this.kmem = kmem;
  }

  /** {@return objects of SPL caches outside the slab layer, which is more than can be freed} */
  public long count() {
    return kmem.caches().stream().map(KmemCache::stats).filter(cache -> cache.type() != CacheType.SLAB)
        .mapToLong(cache -> cache.objects().alloc()).sum();
  }

  /**
   * Reaps every cache, running reclaim callbacks.
   *
   * @param objects how many are wanted, ≥ 1; as in the original, each cache is reaped as a whole
   * @return objects of SPL caches that went back to their slabs; {@link #STOP} from a thread in a hook that runs while
   *     a slab is built or returned, where nothing is done, after the one pass of {@code spl_kmem_cache_reclaim} = 1
   * @throws KmemException.Usage when the number is below 1, or the instance is closed
   */
  public long scan(long objects) {
    if (objects < 1) {
      throw KmemException.Usage.of("objects", objects, "must be 1 or more");
    }
    kmem.checkOpen("scan");
    if (kmem.isInHook()) {
      return STOP;
    }
    long before = count();
    long _ = kmem.caches.reap();
    return kmem.caches.reclaimsOnce() ? STOP : Math.max(0, before - count());
  }
}
