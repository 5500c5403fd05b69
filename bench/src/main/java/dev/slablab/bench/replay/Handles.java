package dev.slablab.bench.replay;

import module java.base;
import io.netty.buffer.*;

/** An allocator of objects; {@code touch} writes the byte at an offset, {@code resize} is false where it cannot. */
record Handles<T>(Maker<T> make, Consumer<T> free, Function<T, MemorySegment> memory, ObjIntConsumer<T> touch,
    Resizer<T> resize, boolean aligns, Supplier<Map<String, Object>> accounts) {
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

  /** {@code new byte[]}, freed by forgetting it. */
  static Handles<byte[]> heap() {
    return new Handles<>((size, alignment, zeroed, crossing) -> new byte[size], block -> { }, MemorySegment::ofArray,
        (block, at) -> block[at] = 1, (block, size) -> false, false, Map::of);
  }

  /** An arena per block, confined unless another thread frees it. */
  static Handles<Own> arenas() {
    return new Handles<>((size, alignment, zeroed, crossing) -> {
      Arena arena = crossing ? Arena.ofShared() : Arena.ofConfined();
      return new Own(arena, arena.allocate(size, alignment));
    }, block -> block.arena.close(), Own::memory,
        (block, at) -> block.memory.set(ValueLayout.JAVA_BYTE, at, (byte) 1), (block, size) -> false, true, Map::of);
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
    }, block -> {
      if (!block.release()) {
        throw new IllegalStateException("release() says that the buffer is still in use");
      }
    }, block -> MemorySegment.ofBuffer(block.nioBuffer(block.readerIndex(), block.capacity() - block.readerIndex())),
        (block, at) -> {
          ByteBuf _ = block.setByte(block.readerIndex() + at, 1);
        }, (block, size) -> block.readerIndex() == 0 && block.capacity(Math.max(1, size)) == block, true,
        () -> Map.of("heldBytes", ((ByteBufAllocatorMetricProvider) allocator).metric().usedDirectMemory()));
  }
}
