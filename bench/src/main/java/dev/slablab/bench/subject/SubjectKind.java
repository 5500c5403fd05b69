package dev.slablab.bench.subject;

/**
 * The allocators under test. Zeroing: heap, direct and Arena always zero their memory; the others only when asked to.
 */
public enum SubjectKind {
  /** Slablab, addresses. */
  SLABLAB,
  /** Slablab, segments: checked bounds. */
  SLABLAB_SEGMENT,
  /** {@code new byte[]}; freed by forgetting it. */
  HEAP,
  /** {@code ByteBuffer.allocateDirect}; freed by forgetting it, as there is no other documented way. */
  DIRECT,
  /** An {@code Arena} per object: {@code ofConfined}, and {@code ofShared} where another thread frees. */
  ARENA,
  /** {@code malloc} and {@code free} of the C library by critical downcalls. */
  NATIVE_MALLOC,
  /** Netty's {@code PooledByteBufAllocator}, direct. */
  NETTY_POOLED,
  /** Netty's {@code AdaptiveByteBufAllocator}, direct. */
  NETTY_ADAPTIVE;

  /**
   * Makes an allocator.
   *
   * @param shape what is asked of it
   * @return a subject with an empty table
   */
  public Subject open(Shape shape) {
    return switch (this) {
      case SLABLAB -> SlablabSubject.byAddress(shape);
      case SLABLAB_SEGMENT -> SlablabSubject.bySegment(shape);
      case HEAP -> new HeapSubject(shape);
      case DIRECT -> new DirectSubject(shape);
      case ARENA -> new ArenaSubject(shape);
      case NATIVE_MALLOC -> new MallocSubject(shape);
      case NETTY_POOLED -> NettySubject.pooled(shape);
      case NETTY_ADAPTIVE -> NettySubject.adaptive(shape);
    };
  }
}
