package dev.slablab.bench.subject;

import module java.base;
import dev.slablab.*;
import dev.slablab.spec.*;

/** An allocator that gives addresses; 0 in the table stands for no object. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares or prints it
record AddressSubject(Calls calls, Outside outside, long[] sizes, long[] table) implements Subject {
  static final int PAGE = 4096;

  @SuppressWarnings("restricted") // the addresses are the allocator's own
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /** The allocator; one kind a JVM, so that each call has one target and is inlined. Alignment comes before size. */
  record Calls(LongUnaryOperator alloc, LongUnaryOperator calloc, LongBinaryOperator memalign,
      LongBinaryOperator realloc, LongConsumer free, LongUnaryOperator usable) {}

  private AddressSubject(Calls calls, Outside outside, Shape shape) {
    this(shape.zeroed() ? new Calls(calls.calloc, calls.calloc, calls.memalign, calls.realloc, calls.free, calls.usable)
        : calls, outside, shape.sizes(), new long[shape.sizes().length]);
  }

  /** The C library, or the library that {@link NativeMalloc} was told to use. */
  static Subject malloc(Shape shape) {
    return new AddressSubject(new Calls(NativeMalloc::malloc, NativeMalloc::calloc, NativeMalloc::memalign,
        NativeMalloc::realloc, NativeMalloc::free, NativeMalloc::usableSize),
        Outside.telling(Map::of, () -> MemoryUse.UNKNOWN, NativeMalloc::giveBack), shape);
  }

  /** Slablab's general-purpose allocation; closing it counts leaks. */
  static Subject general(Kmem kmem, Shape shape) {
    return new AddressSubject(
        new Calls(kmem::alloc, kmem::allocZeroed, (alignment, size) -> kmem.allocAligned(size, alignment),
            kmem::realloc, kmem::free, kmem::usableSize),
        new Outside(kmem::residentBytes, kmem::reap, () -> Map.of("heldBytes", kmem.heldBytes(), "mostSlabsOfACache",
            kmem.caches().stream().mapToLong(cache -> cache.stats().slabs().total()).max().orElse(0),
            "cpus", kmem.cpus()),
            live -> kmem.verify(), () -> MemoryUse.of(kmem, kmem.caches()), () -> {
              kmem.verify();
              kmem.close();
            }), shape);
  }

  /** A cache of one size. */
  static Subject cached(Shape shape) {
    Kmem kmem = Kmem.builder().tunables(shape.tunables()).build();
    KmemCache cache = kmem.createCache(CacheSpec.of("bench-" + shape.size(), shape.size()));
    return new AddressSubject(new Calls(size -> cache.alloc(), size -> cache.allocZeroed(AllocMode.SLEEP),
        (alignment, size) -> cache.alloc(), (address, size) -> address, cache::free, size -> cache.spec().size()),
        of(kmem, cache), shape);
  }

  /** The accounts of a Kmem with one cache. */
  static Outside of(Kmem kmem, KmemCache cache) {
    return new Outside(kmem::residentBytes, cache::reap,
        () -> Map.of(Outside.OUTSIDE_SLABS, cache.stats().objects().alloc()), live -> {
      CacheStats.Objects objects = cache.stats().objects();
      if (objects.allocated() - objects.freed() != live || objects.inuse() != live) {
        throw new IllegalStateException("live = " + live + ": the driver's count, but the cache has allocated "
            + objects.allocated() + ", freed " + objects.freed() + ", in use " + objects.inuse());
      }
      kmem.verify();
    }, () -> MemoryUse.of(kmem, List.of(cache)), () -> {
      cache.close();
      kmem.close();
    });
  }

  private long take(int slot) {
    long address = table[slot];
    table[slot] = 0;
    return address;
  }

  @Override
  public void alloc(int slot) {
    table[slot] = calls.alloc.applyAsLong(sizes[slot]);
  }

  @Override
  public void calloc(int slot) {
    table[slot] = calls.calloc.applyAsLong(sizes[slot]);
  }

  @Override
  public void memalign(int slot, long alignment) {
    table[slot] = calls.memalign.applyAsLong(alignment, sizes[slot]);
  }

  @Override
  public void realloc(int slot, int old) {
    table[slot] = calls.realloc.applyAsLong(take(old), sizes[slot]);
  }

  @Override
  public void free(int slot) {
    calls.free.accept(take(slot));
  }

  @Override
  public boolean isLive(int slot) {
    return table[slot] != 0;
  }

  @Override
  public void touch(int slot) {
    long address = table[slot];
    long end = address + sizes[slot];
    for (long at = address; at < end; at += PAGE) {
      ALL.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
    }
  }

  @Override
  public MemorySegment memory(int slot) {
    return ALL.asSlice(table[slot], sizes[slot]);
  }

  @Override
  public long usable(int slot) {
    return calls.usable.applyAsLong(table[slot]);
  }

  @Override
  public Subject view() {
    return new AddressSubject(calls, outside, sizes, new long[table.length]);
  }
}
