package dev.slablab;

import module java.base;

/** An arena over general allocation; the JDK's inside keeps lifetime, confinement and what is to be freed at close. */
record KmemArena(GeneralHeap heap, Arena lifetime) implements Arena {
  /** The JDK's contract wants another exception than ours. */
  static void check(long byteSize, long byteAlignment) {
    if (byteSize < 0 || byteAlignment <= 0 || Long.bitCount(byteAlignment) != 1) {
      throw new IllegalArgumentException("byteSize = " + byteSize + ", byteAlignment = " + byteAlignment
          + ": the size must be ≥ 0, the alignment a power of two");
    }
  }

  /** Segments without an arena. */
  static SegmentAllocator allocator(Kmem kmem) {
    return (size, alignment) -> {
      check(size, alignment);
      return kmem.source.segment(kmem.allocAligned(size, alignment), size);
    };
  }

  @Override
  @SuppressWarnings("restricted") // the bounds are those of a block of our own
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    check(byteSize, byteAlignment);
    long block = heap.allocZeroed(byteSize, byteAlignment);
    try {
      return MemorySegment.ofAddress(block).reinterpret(byteSize, lifetime, _ -> heap.free(block));
    } catch (IllegalStateException | WrongThreadException e) { // closed, or not this thread's: not on the list
      heap.free(block);
      throw e;
    }
  }

  @Override
  public MemorySegment.Scope scope() {
    return lifetime.scope();
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
