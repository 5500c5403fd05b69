package dev.slablab.spl;

import dev.slablab.percpu.Magazines;
import dev.slablab.spec.*;
import dev.slablab.spl.SplCache.Locked;

/** Moves objects between magazines and slabs, a batch at a time; takes the list lock, never inside a section. */
record Exchange(SplCache cache, Magazines magazines) {
  private static final int SPINS = 100;

  /** {@code spl_cache_refill}: one object of a batch, the others go to this thread's magazine; 0: no slab. */
  long refill() {
    long[] buffer = magazines.takeBuffer();
    if (magazines.restock(buffer, this::putAll)) {
      long object = magazines.pop();
      if (object != 0) {
        magazines.giveBuffer(buffer);
        return object;
      }
    }
    int n;
    try (Locked _ = lock()) {
      cache.checkOpen("alloc");
      n = cache.lists.take(buffer, Math.min(magazines.batch(), buffer.length)); // it may just be retuned
      cache.directAllocs += n == 0 ? 0 : 1;
    }
    if (n == 0) {
      magazines.giveBuffer(buffer);
      return 0;
    }
    // The magazine is a stack: the object taken last would be popped first.
    long object = buffer[n - 1];
    int stored = magazines.store(buffer, n - 1);
    if (stored < n - 1) { // another thread filled it meanwhile
      System.arraycopy(buffer, stored, buffer, 0, n - 1 - stored);
      putAll(buffer, n - 1 - stored);
    }
    magazines.giveBuffer(buffer);
    return object;
  }

  /** {@code spl_cache_flush}: frees one object, flushing this thread's magazine if it is full; tells whether it did. */
  boolean flush(long object) {
    long[] buffer = magazines.takeBuffer();
    int flushed = magazines.takeOldest(buffer);
    try {
      if (!magazines.push(object)) {
        putDirect(object);
      }
    } finally {
      boolean kept = false;
      try {
        kept = cache.sleepers.get() == 0 && magazines.keep(buffer, flushed);
      } finally {
        try {
          putAll(buffer, kept ? 0 : flushed);
        } finally {
          magazines.giveBuffer(buffer);
        }
      }
    }
    return flushed > 0;
  }

  private void putDirect(long object) {
    try (Locked _ = cache.lock()) {
      put(object);
      cache.signalMemory();
      cache.directFrees++;
    }
  }

  /** Returns objects to their slabs; one bad address keeps none of the others from going back. */
  void putAll(long[] objects, int n) {
    if (n == 0) {
      return;
    }
    Failures wrong = new Failures();
    try (Locked _ = lock()) {
      for (int i = 0; i < n; i++) {
        try {
          put(objects[i]);
        } catch (KmemException.Corruption e) {
          wrong.add(e);
        }
      }
      cache.signalMemory();
    }
    wrong.rethrow();
  }

  /** A batch takes microseconds under the lock, as parking does: look a few times before. */
  private Locked lock() {
    for (int spins = 0; spins < SPINS; spins++) {
      if (cache.lock.tryLock()) {
        return cache.unlock;
      }
      Thread.onSpinWait();
    }
    return cache.lock();
  }

  private void put(long object) {
    cache.checkNotClosed("free");
    String wrong = cache.lists.put(object);
    if (wrong != null) {
      throw cache.corruption("free", object,
          wrong + " (found when the object reached its slab: an earlier free may be the wrong one)");
    }
  }
}
