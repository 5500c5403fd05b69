package dev.slablab.bench.subject;

import module java.base;
import dev.slablab.*;
import dev.slablab.spec.CacheStats;

/**
 * What an allocator holds; -1 stands for "cannot be told".
 *
 * @param held bytes it holds for objects, live ones included
 * @param peak the most bytes of slabs it held so far
 * @param wastePercent share of a slab's bytes that can never belong to an object
 * @param retained bytes of free objects in per-CPU magazines
 * @param pageCalls slabs built and returned so far
 * @param grows slabs built so far
 * @param resident bytes of what it holds that are resident
 * @param live bytes of the live objects as they were asked for, at the end or when they were most
 */
public record MemoryUse(long held, long peak, double wastePercent, long retained, long pageCalls, long grows,
    long resident, long live) {
  /** Nothing can be told. */
  public static final MemoryUse UNKNOWN = of(-1);

  /** Only the sum can be told. */
  public static MemoryUse of(long held) {
    return of(held, -1, -1);
  }

  /** The sums over those caches of a Kmem that serve the driver; waste is told of a single one. */
  static MemoryUse of(Kmem kmem, List<KmemCache> caches) {
    List<CacheStats> all = caches.stream().map(KmemCache::stats).toList();
    double waste = all.size() != 1 ? -1 : 100 - 100.0 * all.getFirst().objectsPerSlab() * all.getFirst().entrySize()
        / all.getFirst().mappedSlabBytes();
    return new MemoryUse(kmem.heldBytes(),
        all.stream().mapToLong(one -> one.slabs().max() * one.mappedSlabBytes()).sum(), waste,
        all.stream().mapToLong(one -> one.objects().inMagazines() * one.objectBytes()).sum(),
        all.stream().mapToLong(one -> one.slabs().create() + one.slabs().destroy()).sum(),
        all.stream().mapToLong(one -> one.slabs().create()).sum(), kmem.residentBytes(), -1);
  }

  /** {@return the same beside what is or was alive} */
  public MemoryUse beside(long bytes) {
    return new MemoryUse(held, peak, wastePercent, retained, pageCalls, grows, resident, bytes);
  }

  /** Sums beside what is alive. */
  public static MemoryUse of(long held, long resident, long live) {
    return new MemoryUse(held, -1, -1, -1, -1, -1, resident, live);
  }
}
