package dev.slablab.bench.replay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/**
 * An allocator that gives objects.
 *
 * @param <T> what it gives
 */
sealed interface Handles<T> {
  /** {@code crossing}: another thread will free it. */
  T alloc(long size, long alignment, boolean zeroed, boolean crossing);

  void free(T block);

  MemorySegment memory(T block);

  default void touch(T block, long at) {
    memory(block).set(ValueLayout.JAVA_BYTE, at, (byte) 1);
  }

  default Map<String, Object> accounts() {
    return Map.of();
  }

  /** {@code new byte[]}, freed by forgetting it. */
  record Heap() implements Handles<byte[]> {
    @Override
    public byte[] alloc(long size, long alignment, boolean zeroed, boolean crossing) {
      return new byte[(int) size];
    }

    @Override
    public void free(byte[] block) {}

    @Override
    public MemorySegment memory(byte[] block) {
      return MemorySegment.ofArray(block);
    }
  }

  /** A segment and what ends it. */
  record Own(Arena arena, MemorySegment memory) {}

  /** An arena per block, confined unless another thread frees it. */
  record Arenas() implements Handles<Own> {
    @Override
    public Own alloc(long size, long alignment, boolean zeroed, boolean crossing) {
      Arena arena = crossing ? Arena.ofShared() : Arena.ofConfined();
      return new Own(arena, arena.allocate(size, alignment));
    }

    @Override
    public void free(Own block) {
      block.arena.close();
    }

    @Override
    public MemorySegment memory(Own block) {
      return block.memory;
    }
  }

  /** Direct buffers; the reader index stands where an alignment wanted the block to begin. */
  record Netty(ByteBufAllocator allocator) implements Handles<ByteBuf> {
    @Override
    public ByteBuf alloc(long size, long alignment, boolean zeroed, boolean crossing) {
      int capacity = (int) Math.max(1, size + alignment - 1); // none is one empty buffer for all, which nobody frees
      ByteBuf buffer = allocator.directBuffer(capacity, capacity);
      if (alignment > 1) {
        int skip = (int) (-MemorySegment.ofBuffer(buffer.nioBuffer(0, capacity)).address() & (alignment - 1));
        ByteBuf _ = buffer.setIndex(skip, skip);
      }
      return zeroed ? buffer.setZero(0, capacity) : buffer;
    }

    @Override
    public void free(ByteBuf block) {
      if (!block.release()) {
        throw new IllegalStateException("release() says that the buffer is still in use");
      }
    }

    @Override
    public MemorySegment memory(ByteBuf block) {
      int from = block.readerIndex();
      return MemorySegment.ofBuffer(block.nioBuffer(from, block.capacity() - from));
    }

    @Override
    public void touch(ByteBuf block, long at) {
      ByteBuf _ = block.setByte(block.readerIndex() + (int) at, 1);
    }

    @Override
    public Map<String, Object> accounts() {
      return Map.of("heldBytes", ((ByteBufAllocatorMetricProvider) allocator).metric().usedDirectMemory());
    }
  }
}
