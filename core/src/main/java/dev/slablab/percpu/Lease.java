package dev.slablab.percpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A thread's right to work on the magazine of a slot without any atomic operation; see the package text, paragraph 4.
 *
 * <p>{@link #pop}, {@link #push}, {@link #store} and {@link #takeOldest} are for the owner; everything else needs the
 * slot table's lock.
 */
final class Lease extends LeaseFields {
  private static final VarHandle OWNER;
  private static final VarHandle BUSY;
  private static final VarHandle AVAIL;
  private static final VarHandle POPS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      OWNER = lookup.findVarHandle(LeaseFields.class, "owner", Thread.class);
      BUSY = lookup.findVarHandle(LeaseFields.class, "busy", int.class);
      AVAIL = lookup.findVarHandle(LeaseFields.class, "avail", int.class);
      POPS = lookup.findVarHandle(LeaseFields.class, "pops", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The pad behind the fields. */
  long q00, q01, q02, q03, q04, q05, q06, q07, q08, q09, q10, q11, q12, q13, q14, q15;

  private Lease(@Nullable Thread thread, long[] objects) {
    super(thread, objects);
  }

  /** A slot that was never claimed. */
  static Lease vacant() {
    return new Lease(null, new long[2 * Pad.ELEMENTS]);
  }

  /** Continues what a lease that is no longer in use leaves behind. */
  Lease next(@Nullable Thread heir, int capacity) {
    int length = capacity + 2 * Pad.ELEMENTS;
    Lease lease = new Lease(heir, objects.length == length ? objects : new long[length]);
    lease.avail = avail;
    lease.pops = pops;
    lease.moved = moved;
    OWNER.setRelease(lease, heir); // last: who reads itself here sees all of the above
    return lease;
  }

  /** Takes the newest object; 0 when empty, or when the lease has been revoked. */
  long pop(Thread me) {
    BUSY.setOpaque(this, 1);
    VarHandle.acquireFence();
    if (OWNER.getAcquire(this) == me) {
      int n = avail;
      if (n > 0) {
        long object = objects[Pad.ELEMENTS - 1 + n];
        avail = n - 1;
        pops++;
        BUSY.setRelease(this, 0);
        return object;
      }
    }
    BUSY.setRelease(this, 0);
    return 0;
  }

  /** Adds an object; false when full, or when the lease has been revoked. */
  boolean push(Thread me, long object) {
    BUSY.setOpaque(this, 1);
    VarHandle.acquireFence();
    if (OWNER.getAcquire(this) == me) {
      int n = Pad.ELEMENTS + avail;
      long[] stack = objects;
      if (n < stack.length - Pad.ELEMENTS) {
        stack[n] = object;
        avail = n - Pad.ELEMENTS + 1;
        BUSY.setRelease(this, 0);
        return true;
      }
    }
    BUSY.setRelease(this, 0);
    return false;
  }

  /** Takes up to n of the newest objects; returns how many. */
  int pop(Thread me, long[] to, int from, int n) {
    int count = 0;
    BUSY.setOpaque(this, 1);
    VarHandle.acquireFence();
    if (OWNER.getAcquire(this) == me) {
      count = Math.min(n, avail);
      System.arraycopy(objects, Pad.ELEMENTS + avail - count, to, from, count);
      avail -= count;
      pops += count;
    }
    BUSY.setRelease(this, 0);
    return count;
  }

  /** Adds objects as far as there is room; returns how many. */
  int push(Thread me, long[] from, int at, int n) {
    int count = 0;
    BUSY.setOpaque(this, 1);
    VarHandle.acquireFence();
    if (OWNER.getAcquire(this) == me) {
      count = Math.min(n, capacity() - avail);
      System.arraycopy(from, at, objects, Pad.ELEMENTS + avail, count);
      avail += count;
    }
    BUSY.setRelease(this, 0);
    return count;
  }

  /** Adds objects that come from the slab layer, as many as there is room for; returns how many. */
  int store(Thread me, long[] from, int n) {
    int count = 0;
    BUSY.setOpaque(this, 1);
    VarHandle.acquireFence();
    if (OWNER.getAcquire(this) == me) {
      count = Math.min(n, capacity() - avail);
      System.arraycopy(from, 0, objects, Pad.ELEMENTS + avail, count);
      avail += count;
      moved += count;
    }
    BUSY.setRelease(this, 0);
    return count;
  }

  /** Moves a batch of the oldest objects out if the magazine is full; returns how many. */
  int takeOldest(Thread me, long[] to, int n) {
    int count = 0;
    BUSY.setOpaque(this, 1);
    VarHandle.acquireFence();
    if (OWNER.getAcquire(this) == me && avail == capacity()) {
      count = takeOldest(to, n);
    }
    BUSY.setRelease(this, 0);
    return count;
  }

  /** The same for the holder of the slot table's lock, once nobody works on the magazine. */
  int takeOldest(long[] to, int n) {
    int count = Math.min(Math.min(n, to.length), avail);
    System.arraycopy(objects, Pad.ELEMENTS, to, 0, count);
    System.arraycopy(objects, Pad.ELEMENTS + count, objects, Pad.ELEMENTS, avail - count);
    avail -= count;
    moved -= count;
    return count;
  }

  int capacity() {
    return objects.length - 2 * Pad.ELEMENTS;
  }

  @Nullable Thread owner() {
    return (Thread) OWNER.getAcquire(this);
  }

  /** Half of a revocation: the other half is the barrier, then {@link #isBusy}. */
  void owner(@Nullable Thread value) {
    OWNER.setVolatile(this, value);
  }

  boolean isBusy() {
    return (int) BUSY.getAcquire(this) != 0;
  }

  int avail() {
    return (int) AVAIL.getOpaque(this);
  }

  long pops() {
    return (long) POPS.getOpaque(this);
  }

  /** Objects pushed so far: what is there, less what was moved in, plus what was popped. */
  long pushes() {
    return avail() - moved + pops();
  }

  /** A number that changes with every operation of the owner. */
  long activity() {
    return 3 * pops() + 5 * moved + avail();
  }

  int copy(long[] to, int from) {
    int n = isBusy() ? 0 : Math.min(avail(), to.length - from);
    System.arraycopy(objects, Pad.ELEMENTS, to, from, n);
    return n;
  }
}
