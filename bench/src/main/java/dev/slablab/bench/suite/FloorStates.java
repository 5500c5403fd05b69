package dev.slablab.bench.suite;

import module java.base;
import org.jspecify.annotations.Nullable;

/** What the floor's kernels are made of: the least that a per-thread free list can be. */
final class FloorStates {
  /** More than the ring: a stack never runs empty or full, as there is no slab layer behind it. */
  static final int FREE = 64;

  private FloorStates() {}

  /** A stack of addresses. */
  static class Stack {
    private final long[] items = new long[2 * FREE];
    private int top;

    Stack() {
      for (int i = 0; i < FREE; i++) {
        items[top++] = Ring.SLOTS + 1L + i;
      }
    }

    final void push(long object) {
      int at = top;
      items[at] = object;
      top = at + 1;
    }

    final long pop() {
      int at = top - 1;
      top = at;
      return items[at];
    }

    /** Nothing got lost and nothing doubled: stack and ring together hold 1, 2, 3 … */
    final void prove(long[] ring) {
      long[] all = Arrays.copyOf(ring, ring.length + top);
      System.arraycopy(items, 0, all, ring.length, top);
      Arrays.sort(all);
      for (int i = 0; i < all.length; i++) {
        if (all[i] != i + 1 || all.length != Ring.SLOTS + FREE) {
          throw new IllegalStateException("object = " + all[i] + ": expected " + (i + 1));
        }
      }
    }
  }

  /** A stack that knows its owner. */
  static final class OwnedStack extends Stack {
    private final Thread owner = Thread.currentThread();

    boolean mine() {
      return owner == Thread.currentThread();
    }
  }

  /** Stacks by thread id: finding one costs two loads, a mask and a comparison. */
  static final class SlotTable {
    private final @Nullable OwnedStack[] slots = new OwnedStack[4096];

    void claim() {
      int at = index();
      if (slots[at] != null) {
        throw new IllegalStateException("slot = " + at + ": taken, too many threads");
      }
      slots[at] = new OwnedStack();
    }

    OwnedStack find() {
      OwnedStack slot = slots[index()];
      if (slot == null || !slot.mine()) {
        throw new IllegalStateException("slot of another thread");
      }
      return slot;
    }

    private int index() {
      return (int) Thread.currentThread().threadId() & slots.length - 1;
    }
  }

  /** A stack behind a compare-and-set lock. */
  static final class LockedStack {
    private static final VarHandle LOCK;
    final Stack stack = new Stack();
    @SuppressWarnings("unused") // by LOCK
    private int lock;

    static {
      try {
        LOCK = MethodHandles.lookup().findVarHandle(LockedStack.class, "lock", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    void push(long object) {
      lock();
      stack.push(object);
      LOCK.setRelease(this, 0);
    }

    long pop() {
      lock();
      long object = stack.pop();
      LOCK.setRelease(this, 0);
      return object;
    }

    private void lock() {
      while (!LOCK.compareAndSet(this, 0, 1)) {
        Thread.onSpinWait();
      }
    }
  }

  /** A stack behind its monitor. */
  static final class MonitorStack {
    final Stack stack = new Stack();

    synchronized void push(long object) {
      stack.push(object);
    }

    synchronized long pop() {
      return stack.pop();
    }
  }
}
