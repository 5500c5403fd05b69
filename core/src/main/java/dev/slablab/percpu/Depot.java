package dev.slablab.percpu;

import module java.base;
import dev.slablab.spec.Failures;

/**
 * Batches on their way from a full magazine to an empty one (Bonwick and Adams 2001, 3.1), so that what one thread frees
 * another allocates without a visit to the slabs. Bounded; nobody waits for it: a busy depot counts as full or empty.
 */
final class Depot {
  private final ReentrantLock lock = new ReentrantLock();
  /** The batches, newest last, and their lengths; the arrays are made when they are first needed, and kept. */
  private final long[][] batches;
  private final int[] lengths;
  /** Batches there now; written under the lock, read by everybody, so that an empty depot costs one load. */
  private volatile int count;
  private volatile int held;
  /** 0 while the cache is closed. */
  private int limit;

  Depot(int limit) {
    this.limit = limit;
    this.batches = new long[limit][];
    this.lengths = new int[limit];
  }

  /** Keeps a copy of n objects; false when there is no room, or the depot is busy. */
  boolean keep(long[] objects, int n) {
    if (n == 0 || count == batches.length || !lock.tryLock()) {
      return false;
    }
    try {
      int at = count;
      if (at >= limit) {
        return false;
      }
      if (batches[at] == null || batches[at].length < n) {
        batches[at] = new long[n];
      }
      System.arraycopy(objects, 0, batches[at], 0, n);
      lengths[at] = n;
      set(at + 1, held + n);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes the newest batch; returns its length, 0 when there is none, it has no room in the array, or the depot is busy. */
  int take(long[] to) {
    if (count == 0 || !lock.tryLock()) {
      return 0;
    }
    try {
      int at = count - 1;
      if (at < 0 || lengths[at] > to.length) {
        return 0;
      }
      System.arraycopy(batches[at], 0, to, 0, lengths[at]);
      set(at, held - lengths[at]);
      return lengths[at];
    } finally {
      lock.unlock();
    }
  }

  /** Empties it, and with {@link Drain#WAIT} keeps it empty: see {@link #open}. */
  void drain(Magazines.Sink sink, Drain mode) {
    Failures wrong = new Failures();
    long[][] all;
    if (mode != Drain.NO_WAIT) {
      lock.lock();
    } else if (!lock.tryLock()) {
      return;
    }
    try {
      limit = mode == Drain.WAIT ? 0 : limit;
      all = new long[count][];
      Arrays.setAll(all, i -> Arrays.copyOf(batches[i], lengths[i]));
      set(0, 0);
    } finally {
      lock.unlock();
    }
    for (long[] batch : all) {
      wrong.run(() -> sink.accept(batch, batch.length));
    }
    wrong.rethrow();
  }

  /** Makes a closed depot usable again. */
  void open() {
    lock.lock();
    try {
      limit = batches.length;
    } finally {
      lock.unlock();
    }
  }

  private void set(int batchesNow, int objectsNow) {
    count = batchesNow;
    held = objectsNow;
  }

  /** Objects here now. */
  long held() {
    return held;
  }

  /** Copies all objects out; returns the index behind the last. */
  int copy(long[] to, int from) {
    lock.lock();
    try {
      int n = from;
      for (int i = 0; i < count; i++) {
        System.arraycopy(batches[i], 0, to, n, lengths[i]);
        n += lengths[i];
      }
      return n;
    } finally {
      lock.unlock();
    }
  }
}
