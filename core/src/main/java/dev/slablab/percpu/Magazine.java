package dev.slablab.percpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A LIFO stack of free objects behind a compare-and-set lock ({@code spl_kmem_magazine_t}).
 *
 * <p>All methods but {@link #tryLock} need the lock; the readers of counters may be late by a section.
 */
final class Magazine extends MagazineFields {
  private static final VarHandle LOCK;
  private static final VarHandle POPS;
  private static final VarHandle AVAIL;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      LOCK = lookup.findVarHandle(MagazineFields.class, "lock", int.class);
      POPS = lookup.findVarHandle(MagazineFields.class, "pops", long.class);
      AVAIL = lookup.findVarHandle(MagazineFields.class, "avail", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The pad behind the fields. */
  long q00, q01, q02, q03, q04, q05, q06, q07, q08, q09, q10, q11, q12, q13, q14, q15;

  Magazine(int capacity) {
    resize(capacity);
  }

  boolean tryLock() {
    return (int) LOCK.getOpaque(this) == 0 && LOCK.compareAndSet(this, 0, 1);
  }

  /** Waits for a section, which cannot block; yields, since its thread may have been descheduled. */
  void lock() {
    while (!tryLock()) {
      Thread.yield();
    }
  }

  void unlock() {
    LOCK.setRelease(this, 0);
  }

  /** Gives an empty magazine another capacity. */
  void resize(int newCapacity) {
    if (objects.length != newCapacity + 2 * Pad.ELEMENTS) {
      objects = new long[newCapacity + 2 * Pad.ELEMENTS];
    }
    capacity = newCapacity;
  }

  /** Takes the newest object; 0 when empty. */
  long pop() {
    int n = avail;
    if (n == 0) {
      return 0;
    }
    avail = n - 1;
    pops++;
    return objects[Pad.ELEMENTS + n - 1];
  }

  /** Adds an object; false when full. */
  boolean push(long object) {
    int n = avail;
    if (n >= capacity) {
      return false;
    }
    objects[Pad.ELEMENTS + n] = object;
    avail = n + 1;
    return true;
  }

  /** Adds objects that come from the slab layer, as many as there is room for; returns how many. */
  int store(long[] from, int n) {
    int count = Math.min(n, capacity - avail);
    if (count <= 0) {
      return 0;
    }
    System.arraycopy(from, 0, objects, Pad.ELEMENTS + avail, count);
    avail += count;
    moved += count;
    return count;
  }

  /** Moves up to n of the oldest objects out (index 0 up), the rest move down; returns how many. */
  int takeOldest(long[] to, int n) {
    int count = Math.min(Math.min(n, to.length), avail);
    System.arraycopy(objects, Pad.ELEMENTS, to, 0, count);
    System.arraycopy(objects, Pad.ELEMENTS + count, objects, Pad.ELEMENTS, avail - count);
    avail -= count;
    moved -= count;
    return count;
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

  int copy(long[] to, int from) {
    int n = Math.min(avail, to.length - from);
    System.arraycopy(objects, Pad.ELEMENTS, to, from, n);
    return n;
  }
}
