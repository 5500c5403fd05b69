package dev.slablab.bench.subject;

import dev.slablab.*;
import dev.slablab.page.Memory;
import dev.slablab.spec.*;
import java.lang.foreign.MemorySegment;

/** Slablab, an instance with one cache of the asked size; zeroed only when asked. */
abstract sealed class SlablabSubject implements Subject {
  final Shape shape;
  final Kmem kmem;
  final KmemCache cache;
  final boolean zeroed;

  private SlablabSubject(Shape shape, Kmem kmem, KmemCache cache) {
    this.shape = shape;
    this.kmem = kmem;
    this.cache = cache;
    zeroed = shape.zeroed();
  }

  static Subject byAddress(Shape shape) {
    Kmem kmem = Kmem.builder().tunables(shape.tunables()).build();
    return new ByAddress(shape, kmem, cache(kmem, shape));
  }

  static Subject bySegment(Shape shape) {
    Kmem kmem = Kmem.builder().tunables(shape.tunables()).build();
    return new BySegment(shape, kmem, cache(kmem, shape));
  }

  private static KmemCache cache(Kmem kmem, Shape shape) {
    return kmem.createCache(CacheSpec.of("bench-" + shape.size(), shape.size()));
  }

  @Override
  public final void verify(long live) {
    CacheStats.Objects objects = cache.stats().objects();
    if (objects.allocated() - objects.freed() != live || objects.inuse() != live) {
      throw new IllegalStateException("live = " + live + ": the driver's count, but the cache has allocated "
          + objects.allocated() + ", freed " + objects.freed() + ", in use " + objects.inuse());
    }
    kmem.verify();
  }

  @Override
  public final MemoryUse memoryUse() {
    CacheStats stats = cache.stats();
    double useful = (double) stats.objectsPerSlab() * stats.entrySize();
    return new MemoryUse(kmem.heldBytes(), stats.slabs().max() * stats.mappedSlabBytes(),
        100 * (1 - useful / stats.mappedSlabBytes()), stats.objects().inMagazines() * stats.objectBytes(),
        stats.slabs().create() + stats.slabs().destroy(), -1, -1);
  }

  @Override
  public final void close() {
    cache.close();
    kmem.close();
  }

  /** The fast path of the API. */
  private static final class ByAddress extends SlablabSubject {
    private final long[] live;

    ByAddress(Shape shape, Kmem kmem, KmemCache cache) {
      super(shape, kmem, cache);
      live = new long[shape.slots()];
    }

    @Override
    public void alloc(int slot) {
      live[slot] = zeroed ? cache.allocZeroed(AllocMode.SLEEP) : cache.alloc();
    }

    @Override
    public void free(int slot) {
      cache.free(live[slot]);
    }

    @Override
    public MemorySegment memory(int slot) {
      return Memory.segment(live[slot], shape.size());
    }

    @Override
    public Subject view() {
      return new ByAddress(shape, kmem, cache);
    }
  }

  /** Checked bounds; a segment per object that escapes into the table. */
  private static final class BySegment extends SlablabSubject {
    private final MemorySegment[] live;

    BySegment(Shape shape, Kmem kmem, KmemCache cache) {
      super(shape, kmem, cache);
      live = new MemorySegment[shape.slots()];
    }

    @Override
    public void alloc(int slot) {
      MemorySegment object = cache.allocSegment();
      live[slot] = zeroed ? object.fill((byte) 0) : object;
    }

    @Override
    public void free(int slot) {
      cache.free(live[slot]);
    }

    @Override
    public MemorySegment memory(int slot) {
      return live[slot];
    }

    @Override
    public Subject view() {
      return new BySegment(shape, kmem, cache);
    }
  }
}
