package dev.slablab.bench.suite;

import module java.base;

/**
 * A baseline, not an allocator: the fast path of {@code KmemCache} over {@code Lease} copied, its word counting pops as
 * there, or with {@code -Dslablab.lab.uncounted=true} holding the fill level alone; nothing stands behind it. One lease
 * a thread. All else is the same, so the ratio of the two is what the statistics cost. Base and range are constants
 * where {@code KmemCache} loads fields, and there is no padding: against the pair the copy decides nothing.
 */
final class LeaseTwin {
  private static final boolean COUNTED = !Boolean.getBoolean("slablab.lab.uncounted");
  private static final long BUSY = 1 << 16;
  private static final long POP = COUNTED ? 2 * BUSY - 1 : -1;
  private static final int FIRST = 16;
  private static final int ROOM = 256;
  private static final long BASE = 1L << 32;
  private static final VarHandle WORD = field("word", long.class);
  private static final VarHandle CAPACITY = field("capacity", int.class);

  private final long tid;
  private long word = ROOM / 2;
  @SuppressWarnings("unused") // by CAPACITY
  private int capacity = ROOM;
  private final long[] objects = LongStream.range(0, ROOM + 2 * FIRST).map(i -> BASE + 64 * i).toArray();

  private LeaseTwin(long tid) {
    this.tid = tid;
  }

  private static VarHandle field(String name, Class<?> type) {
    try {
      return MethodHandles.lookup().findVarHandle(LeaseTwin.class, name, type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Slots for a few threads, whose ids follow each other; all vacant. */
  static LeaseTwin[] slots() {
    LeaseTwin[] slots = new LeaseTwin[64];
    Arrays.fill(slots, new LeaseTwin(0));
    return slots;
  }

  static synchronized void claim(LeaseTwin[] slots) {
    long tid = Thread.currentThread().threadId();
    int at = (int) tid & slots.length - 1;
    if (slots[at].tid != 0) {
      throw new IllegalStateException("slot = " + at + ": taken, too many threads");
    }
    slots[at] = new LeaseTwin(tid);
  }

  private static LeaseTwin mine(LeaseTwin[] slots) {
    long tid = Thread.currentThread().threadId();
    LeaseTwin lease = slots[(int) tid & slots.length - 1];
    if (lease.tid != tid) {
      throw new IllegalStateException("slot of another thread");
    }
    return lease;
  }

  private int enter(long seen) {
    WORD.setOpaque(this, seen | BUSY);
    VarHandle.acquireFence();
    return (int) CAPACITY.getAcquire(this);
  }

  private static int level(long word) {
    return (int) (COUNTED ? word & (2 * BUSY - 1) : word);
  }

  static long alloc(LeaseTwin[] slots) {
    LeaseTwin lease = mine(slots);
    long seen = lease.word;
    int at = level(seen) - 1;
    if (Integer.compareUnsigned(at, lease.enter(seen)) >= 0) {
      throw new IllegalStateException("empty");
    }
    long object = lease.objects[FIRST + at];
    WORD.setRelease(lease, seen + POP);
    return object;
  }

  static void free(LeaseTwin[] slots, long object) {
    LeaseTwin lease = mine(slots);
    long seen = lease.word;
    int at = level(seen);
    if (Long.compareUnsigned(object - BASE, BASE) >= 0 || Integer.compareUnsigned(at, lease.enter(seen)) >= 0) {
      throw new IllegalStateException("full");
    }
    lease.objects[FIRST + at] = object;
    WORD.setRelease(lease, seen + 1);
  }

  /** All objects are back, each once, and pops were counted if they were to be. */
  static void prove(LeaseTwin[] slots) {
    LeaseTwin lease = mine(slots);
    long all = Arrays.stream(lease.objects, FIRST, FIRST + level(lease.word)).distinct().count();
    if (all != ROOM / 2 || (lease.word >>> 17 > 0) != COUNTED) {
      throw new IllegalStateException("objects = " + all + ", pops = " + (lease.word >>> 17));
    }
  }
}
