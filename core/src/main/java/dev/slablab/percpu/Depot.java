package dev.slablab.percpu;

import module java.base;
import dev.slablab.spec.Failures;

/**
 * Batches on their way from a full magazine to an empty one (Bonwick and Adams 2001, 3.1): what one thread frees
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

  /** Takes the newest batch; returns its length, 0 when there is none, the array has no room, or the depot is busy. */
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
    Failures wrong = new Failures(); // here, for nothing may fail between taking the objects and handing them on
    if (mode != Drain.NO_WAIT) {
      lock.lock();
    } else if (!lock.tryLock()) {
      return;
    }
    List<long[]> all;
    try {
      limit = mode == Drain.WAIT ? 0 : limit;
      all = copies();
      set(0, 0);
    } finally {
      lock.unlock();
    }
    all.forEach(batch -> wrong.run(() -> sink.accept(batch, batch.length)));
    wrong.rethrow();
  }

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

  int held() {
    return held;
  }

  /** All objects; exact when no operation is under way. */
  LongStream contents() {
    return copies().stream().flatMapToLong(Arrays::stream);
  }

  private List<long[]> copies() {
    return IntStream.range(0, count).mapToObj(i -> Arrays.copyOf(batches[i], lengths[i])).toList();
  }
}
