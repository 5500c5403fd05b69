package dev.slablab.bench.subject;

import module java.base;
import dev.slablab.*;
import dev.slablab.bench.buf.*;
import dev.slablab.page.Memory;
import io.netty.buffer.*;

/** An allocator of objects; {@code touch} writes the byte at an offset, {@code resize} is false where it cannot. */
record Handles<T>(Maker<T> make, Consumer<T> free, Function<T, MemorySegment> memory, ObjIntConsumer<T> touch,
    Resizer<T> resize, boolean aligns) {
  /** Allocates; {@code crossing}: another thread will free it. */
  interface Maker<T> {
    T make(int size, int alignment, boolean zeroed, boolean crossing);
  }

  /** Changes an object's size, its contents kept. */
  interface Resizer<T> {
    boolean test(T object, int size);
  }

  /** A segment and what ends it. */
  record Own(Arena arena, MemorySegment memory) {}

  /** Objects that cannot be resized; {@code aligns} tells whether the maker heeds alignment. */
  private static <T> Handles<T> of(Maker<T> make, Consumer<T> free, Function<T, MemorySegment> memory, boolean aligns) {
    return new Handles<>(make, free, memory,
        (object, at) -> memory.apply(object).set(ValueLayout.JAVA_BYTE, at, (byte) 1), (object, size) -> false, aligns);
  }

  /** {@code new byte[]}, always zeroed, freed by forgetting it. Read the time together with the collector's. */
  static Handles<byte[]> heap() {
    return new Handles<>((size, alignment, zeroed, crossing) -> new byte[size], block -> { }, MemorySegment::ofArray,
        (block, at) -> block[at] = 1, (block, size) -> false, false);
  }

  /**
   * {@code ByteBuffer.allocateDirect}, always zeroed, freed by forgetting it: the collector finds it, a cleaner frees.
   * The JDK advises it for large, long-lived buffers only; this shows why.
   */
  static Handles<ByteBuffer> direct() {
    return of((size, alignment, zeroed, crossing) -> ByteBuffer.allocateDirect(size), block -> { },
        MemorySegment::ofBuffer, false);
  }

  /** An arena per object, always zeroed: confined unless another thread frees, or all are to be shared. */
  static Handles<Own> arenas(boolean allShared) {
    return of((size, alignment, zeroed, crossing) -> {
      Arena arena = crossing || allShared ? Arena.ofShared() : Arena.ofConfined();
      return new Own(arena, arena.allocate(size, alignment));
    }, block -> block.arena.close(), Own::memory, true);
  }

  /** {@code Arena.ofAuto}, always zeroed, freed by forgetting it. */
  static Handles<MemorySegment> auto() {
    return of((size, alignment, zeroed, crossing) -> Arena.ofAuto().allocate(size, alignment), block -> { },
        Function.identity(), true);
  }

  /**
   * A slicing allocator: the next bytes of one block, which begins anew at its end. It frees nothing by itself, so that
   * objects must die in the order they were born, as in the drivers' rings and bursts. One a table.
   */
  static Handles<MemorySegment> slices(Shape shape) {
    MemorySegment memory = Arena.ofAuto().allocate(2L * shape.sizes().length * (shape.size() + 7 & -8), 8);
    return of(new Maker<>() {
      private SegmentAllocator next = SegmentAllocator.slicingAllocator(memory);
      private int left = 2 * shape.sizes().length;

      @Override
      public MemorySegment make(int size, int alignment, boolean zeroed, boolean crossing) {
        if (--left < 0) {
          next = SegmentAllocator.slicingAllocator(memory);
          left = 2 * shape.sizes().length - 1;
        }
        MemorySegment made = next.allocate(size, 8);
        return zeroed ? made.fill((byte) 0) : made;
      }
    }, block -> { }, Function.identity(), false);
  }

  /** Slablab with checked bounds: a segment per object that escapes into the table. */
  static Handles<MemorySegment> segments(KmemCache cache) {
    return of((size, alignment, zeroed, crossing) ->
            zeroed ? cache.allocSegment().fill((byte) 0) : cache.allocSegment(),
        cache::free, Function.identity(), false);
  }

  /** Slablab behind a handle shaped like a ByteBuf: pooled, reference-counted, bounds-checked. */
  static Handles<SlabBuf> buffers(Kmem kmem) {
    SlabBufAllocator allocator = new SlabBufAllocator(kmem);
    return of((size, alignment, zeroed, crossing) -> {
      SlabBuf buffer = allocator.buffer(size);
      if (zeroed) {
        MemorySegment _ = Memory.segment(buffer.memoryAddress(), size).fill((byte) 0);
      }
      return buffer;
    }, block -> require(block.release()), block -> Memory.segment(block.memoryAddress(), block.capacity()), false);
  }

  /** Direct buffers; the reader index stands where an alignment wanted the block to begin. */
  static Handles<ByteBuf> netty(ByteBufAllocator allocator) {
    return new Handles<>((size, alignment, zeroed, crossing) -> {
      int capacity = Math.max(1, size + alignment - 1); // of none there is one empty buffer for all, which nobody frees
      ByteBuf buffer = allocator.directBuffer(capacity, Integer.MAX_VALUE);
      if (alignment > 1) {
        int skip = (int) (-MemorySegment.ofBuffer(buffer.nioBuffer(0, capacity)).address() & (alignment - 1));
        ByteBuf _ = buffer.setIndex(skip, skip);
      }
      return zeroed ? buffer.setZero(0, capacity) : buffer;
    }, block -> require(block.release()),
        block -> MemorySegment.ofBuffer(block.nioBuffer(block.readerIndex(), block.capacity() - block.readerIndex())),
        (block, at) -> {
          ByteBuf _ = block.setByte(block.readerIndex() + at, 1);
        }, (block, size) -> block.readerIndex() == 0 && block.capacity(Math.max(1, size)) == block, true);
  }

  private static void require(boolean released) {
    if (!released) {
      throw new IllegalStateException("release() says that the buffer is still in use");
    }
  }
}
