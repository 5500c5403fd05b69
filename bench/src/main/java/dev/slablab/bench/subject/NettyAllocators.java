package dev.slablab.bench.subject;

import io.netty.buffer.*;

/**
 * Netty's pooling allocators as they are fastest.
 *
 * <p>Their sources and release notes say that is on Netty's own threads with thread-local caches, and with
 * sun.misc.Unsafe: forks run the benchmark on {@link NettyThreads}, both allocators are told to use caches on threads
 * that are no event loops, and Unsafe is allowed by flag ({@code netty.unsafe} beside a fork's result says whether it
 * was used). Ordinary threads: {@code -D}{@value NettyThreads#KIND}{@code =platform}. A ByteBuf is more than an address
 * (reference count, bounds): {@link dev.slablab.bench.suite.LiveSet} compares in kind.
 */
public final class NettyAllocators {
  private NettyAllocators() {}

  /** {@return Netty's defaults, direct, but caches for all threads: by default only event loops have them} */
  public static ByteBufAllocator pooled() {
    return new PooledByteBufAllocator(true, PooledByteBufAllocator.defaultNumHeapArena(),
        PooledByteBufAllocator.defaultNumDirectArena(), PooledByteBufAllocator.defaultPageSize(),
        PooledByteBufAllocator.defaultMaxOrder(), PooledByteBufAllocator.defaultSmallCacheSize(),
        PooledByteBufAllocator.defaultNormalCacheSize(), true);
  }

  /** {@return direct, with magazines of their own for Netty's threads that are no event loops} */
  public static ByteBufAllocator adaptive() {
    return new AdaptiveByteBufAllocator(true, true);
  }

  /** {@return bytes of direct memory that one of these holds, whether used or not} */
  public static long held(ByteBufAllocator allocator) {
    return ((ByteBufAllocatorMetricProvider) allocator).metric().usedDirectMemory();
  }
}
