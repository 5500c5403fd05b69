package dev.slablab;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The detector "no object is handed out twice": the owner stamps the object's first and last word on taking it and
 * looks at both before giving it back. A taker that finds a living stamp, or a giver that finds another's, has caught
 * the allocator. Exact, because stamps are exchanged atomically, and cheap: no table. Needs objects of at least 32
 * bytes, aligned to 8; the middle stays free for the test.
 */
final class ConcurrentOwners {
  private static final long LIVE = 0x5AB1L << 48;
  private static final long LIVE_MASK = 0xFFFFL << 48;
  private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
  @SuppressWarnings("restricted") // addresses are what is tested
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private final long size;

  ConcurrentOwners(long size) {
    this.size = size;
  }

  /** Stamps an object just allocated; {@code owner} differs from all other living stamps. */
  void took(long object, long owner) {
    if (object == 0 || (object & 7) != 0) {
      throw new AssertionError("no object: 0x" + Long.toHexString(object));
    }
    long stamp = stamp(owner);
    long first = (long) WORD.getAndSet(ALL, object, stamp);
    long last = (long) WORD.getAndSet(ALL, last(object), stamp);
    if ((first & LIVE_MASK) == LIVE || (last & LIVE_MASK) == LIVE) {
      throw new AssertionError("handed out twice: 0x" + Long.toHexString(object) + ", stamps 0x"
          + Long.toHexString(first) + " and 0x" + Long.toHexString(last));
    }
  }

  /** Checks and clears the stamps; call before the object is freed. */
  void gives(long object, long owner) {
    long stamp = stamp(owner);
    long first = (long) WORD.getAndSet(ALL, object, 0L);
    long last = (long) WORD.getAndSet(ALL, last(object), 0L);
    if (first != stamp || last != stamp) {
      throw new AssertionError("another's data in 0x" + Long.toHexString(object) + ": expected 0x"
          + Long.toHexString(stamp) + ", found 0x" + Long.toHexString(first) + " and 0x" + Long.toHexString(last));
    }
  }

  private long last(long object) {
    return object + ((size - 8) & -8L);
  }

  private static long stamp(long owner) {
    return LIVE | (owner & ~LIVE_MASK);
  }
}
