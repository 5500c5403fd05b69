package dev.slablab.bench.buf;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * Free handles: a bounded stack per platform thread, which that thread alone touches. Who releases a buffer keeps its
 * handle, whoever allocated it, so nothing is handed back across threads; a consumer's full stack lets handles go to
 * the garbage collector, and the producer makes new ones.
 *
 * <p>A thread finds its stack by its id, in one of a few slots from its home slot on. A slot is taken from a dead owner
 * only; virtual threads, and threads that find no slot, have no stack and make a handle for every buffer.
 */
final class HandlePool {
  /** Handles of 40 bytes; as many as make a burst of 1,024 buffers free of garbage. */
  static final int PER_THREAD = 1024;
  private static final int PROBES = 4;
  private static final int MIN_SLOTS = 64;
  private static final int SLOTS_PER_CPU = 16;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Stack[].class);
  /** Always empty and always full. */
  private static final Stack NONE = new Stack(null, 0);

  private final Stack[] slots;

  HandlePool() {
    int cpus = Runtime.getRuntime().availableProcessors();
    slots = new Stack[Integer.highestOneBit(Math.max(MIN_SLOTS, SLOTS_PER_CPU * cpus))];
    java.util.Arrays.fill(slots, NONE);
  }

  @Nullable SlabBuf pop() {
    return mine().pop();
  }

  void push(SlabBuf handle) {
    mine().push(handle);
  }

  int limit() {
    return slots.length * PER_THREAD;
  }

  /** The home slot by a plain load: a thread that finds its own id has written it there itself. */
  private Stack mine() {
    Thread me = Thread.currentThread();
    Stack stack = slots[(int) me.threadId() & (slots.length - 1)];
    return stack.tid == me.threadId() ? stack : mineSlow(me);
  }

  private Stack mineSlow(Thread me) {
    if (me.isVirtual()) {
      return NONE;
    }
    for (int i = 0; i < PROBES; i++) {
      int index = (int) me.threadId() + i & (slots.length - 1);
      Stack stack = (Stack) SLOT.getAcquire(slots, index);
      if (stack.tid == me.threadId()) {
        return stack;
      }
      if (!stack.isOwned()) {
        Stack mine = new Stack(me, PER_THREAD);
        if (SLOT.compareAndSet(slots, index, stack, mine)) {
          return mine;
        }
      }
    }
    return NONE;
  }

  /** Keeps a thread's writes away from other threads' objects. */
  abstract static class Pad {
    long p00, p01, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14, p15;
  }

  static class Owned extends Pad {
    final long tid;
    final @Nullable WeakReference<Thread> owner;
    final SlabBuf[] handles;
    int top;

    Owned(@Nullable Thread owner, int capacity) {
      this.tid = owner == null ? -1 : owner.threadId();
      this.owner = owner == null ? null : new WeakReference<>(owner);
      this.handles = new SlabBuf[capacity];
    }
  }

  static final class Stack extends Owned {
    long q00, q01, q02, q03, q04, q05, q06, q07, q08, q09, q10, q11, q12, q13, q14, q15;

    Stack(@Nullable Thread owner, int capacity) {
      super(owner, capacity);
    }

    boolean isOwned() {
      Thread thread = owner == null ? null : owner.get();
      return thread != null && thread.isAlive();
    }

    /** What was popped stays referenced until the next push: it is a pooled handle in either case. */
    @Nullable SlabBuf pop() {
      int n = top - 1;
      if (n < 0) {
        return null;
      }
      top = n;
      return handles[n];
    }

    void push(SlabBuf handle) {
      int n = top;
      if (n < handles.length) {
        handles[n] = handle;
        top = n + 1;
      }
    }
  }
}
