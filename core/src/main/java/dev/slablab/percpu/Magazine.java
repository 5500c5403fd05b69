package dev.slablab.percpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A LIFO stack of free objects behind a compare-and-set lock ({@code spl_kmem_magazine_t}).
 *
 * <p>All methods but {@link #tryLock} and the counters' readers need the lock.
 */
final class Magazine extends MagazineFields {
  private static final VarHandle LOCK;
  private static final VarHandle ALLOCS;
  private static final VarHandle FREES;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      LOCK = lookup.findVarHandle(MagazineFields.class, "lock", int.class);
      ALLOCS = lookup.findVarHandle(MagazineFields.class, "allocs", long.class);
      FREES = lookup.findVarHandle(MagazineFields.class, "frees", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Elements in front of the first and behind the last object: the padding of the array. */
  private static final int PAD = 16;

  private final long[] objects;
  /** The pad behind the fields. */
  long q00, q01, q02, q03, q04, q05, q06, q07, q08, q09, q10, q11, q12, q13, q14, q15;

  Magazine(int capacity) {
    this.capacity = capacity;
    this.objects = new long[capacity + 2 * PAD];
  }

  boolean tryLock() {
    return (int) LOCK.getOpaque(this) == 0 && LOCK.compareAndSet(this, 0, 1);
  }

  void unlock() {
    LOCK.setRelease(this, 0);
  }

  /** Takes the newest object; 0 when empty. */
  long pop() {
    int n = avail;
    if (n == 0) {
      return 0;
    }
    avail = n - 1;
    allocs++;
    return objects[PAD + n - 1];
  }

  /** Adds an object; false when full. */
  boolean push(long object) {
    int n = avail;
    if (n >= capacity) {
      return false;
    }
    objects[PAD + n] = object;
    avail = n + 1;
    frees++;
    return true;
  }

  /** Adds objects that come from the slab layer, as many as there is room for; returns how many. */
  int store(long[] from, int n) {
    int count = Math.min(n, capacity - avail);
    if (count > 0) {
      System.arraycopy(from, 0, objects, PAD + avail, count);
      avail += count;
    }
    return Math.max(count, 0);
  }

  /** Moves up to n of the oldest objects out (index 0 up), the rest move down; returns how many. */
  int takeOldest(long[] to, int n) {
    int count = Math.min(n, avail);
    System.arraycopy(objects, PAD, to, 0, count);
    System.arraycopy(objects, PAD + count, objects, PAD, avail - count);
    avail -= count;
    return count;
  }

  long allocs() {
    return (long) ALLOCS.getOpaque(this);
  }

  long frees() {
    return (long) FREES.getOpaque(this);
  }
}
