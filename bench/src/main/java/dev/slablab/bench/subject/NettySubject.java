package dev.slablab.bench.subject;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.lang.foreign.MemorySegment;

/**
 * Netty's pooling allocators, direct buffers of fixed capacity, released at once. Zeroed only when asked.
 *
 * <p>Their sources and release notes say that they are fastest on Netty's own threads with thread-local caches, and
 * with sun.misc.Unsafe: forks run the benchmark on {@link NettyThreads}, both allocators are told to use caches on
 * threads that are no event loops, and Unsafe is allowed by flag ({@code doctor} and every {@code env.json} record
 * whether Netty uses it). Ordinary threads: {@code -jvmArgsAppend -Djmh.executor=PLATFORM}. A ByteBuf is more than an
 * address (reference count, bounds); the comparison in kind comes with the ByteBuf-shaped subject.
 */
final class NettySubject implements Subject {
  private final Shape shape;
  private final ByteBufAllocator allocator;
  private final int size;
  private final boolean zeroed;
  private final ByteBuf[] live;

  private NettySubject(Shape shape, ByteBufAllocator allocator) {
    this.shape = shape;
    this.allocator = allocator;
    size = shape.size();
    zeroed = shape.zeroed();
    live = new ByteBuf[shape.slots()];
  }

  private static Subject open(Shape shape, ByteBufAllocator allocator) {
    // Goes to JMH's text: with or without Unsafe are two different allocators.
    System.out.println("# Netty, Unsafe in use: " + PlatformDependent.hasUnsafe() + ", "
        + Thread.currentThread().getClass());
    return new NettySubject(shape, allocator);
  }

  /** Netty's defaults, but caches for all threads: by default only event loops have them. */
  static Subject pooled(Shape shape) {
    return open(shape, new PooledByteBufAllocator(true, PooledByteBufAllocator.defaultNumHeapArena(),
        PooledByteBufAllocator.defaultNumDirectArena(), PooledByteBufAllocator.defaultPageSize(),
        PooledByteBufAllocator.defaultMaxOrder(), PooledByteBufAllocator.defaultSmallCacheSize(),
        PooledByteBufAllocator.defaultNormalCacheSize(), true));
  }

  /** Direct, magazines of their own for Netty's threads that are no event loops. */
  static Subject adaptive(Shape shape) {
    return open(shape, new AdaptiveByteBufAllocator(true, true));
  }

  @Override
  public void alloc(int slot) {
    ByteBuf buffer = allocator.directBuffer(size, size);
    live[slot] = zeroed ? buffer.setZero(0, size) : buffer;
  }

  @Override
  public void free(int slot) {
    live[slot].release();
  }

  @Override
  public MemorySegment memory(int slot) {
    return MemorySegment.ofBuffer(live[slot].nioBuffer(0, size));
  }

  @Override
  public Subject view() {
    return new NettySubject(shape, allocator);
  }

  @Override
  public MemoryUse memoryUse() {
    return MemoryUse.of(((ByteBufAllocatorMetricProvider) allocator).metric().usedDirectMemory());
  }
}
