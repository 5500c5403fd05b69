package dev.slablab.linux;

import module java.base;
import dev.slablab.spec.*;

/**
 * Whether a cache is open, which threads have pages of it in hand outside every lock, and who waits for memory. Its
 * lock is the innermost.
 */
final class Gate {
  private final String cache;
  private final KmemClock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Thread> inside = new ArrayList<>();
  private int deferred;
  private final AtomicInteger sleepers = new AtomicInteger();
  private volatile boolean closing;
  private volatile boolean closed;

  Gate(String cache, KmemClock clock) {
    this.cache = cache;
    this.clock = clock;
  }

  /** From here to {@link #leave} closing waits for this thread; false when the cache is closed or being closed. */
  boolean enter() {
    return locked(() -> !closing && inside.add(Thread.currentThread()));
  }

  /** The same, but throws then. */
  void enter(String what) {
    boolean _ = locked(() -> {
      checkOpen(what);
      return inside.add(Thread.currentThread());
    });
  }

  void leave() {
    boolean _ = locked(() -> inside.remove(Thread.currentThread()));
  }

  /** A release waits for its grace period from here on. */
  void defer() {
    int _ = locked(() -> ++deferred);
  }

  /** It is over: this thread is inside until {@link #leave}, also while another closes. */
  void resume() {
    boolean _ = locked(() -> --deferred >= 0 && inside.add(Thread.currentThread()));
  }

  /** Whether this thread is inside: in a hook that runs while a slab is built or returned. */
  boolean isInside() {
    return locked(() -> inside.contains(Thread.currentThread()));
  }

  /** Keeps everybody out, and waits until nobody is inside. */
  void beginClose() {
    boolean _ = locked(() -> {
      if (inside.contains(Thread.currentThread())) {
        throw new KmemException.Usage("close: cache = " + cache + ": a hook that runs while a slab of the cache is"
            + " built or returned cannot close it");
      }
      checkOpen("close");
      closing = true;
      changed.signalAll();
      return clock.await(lock, changed, inside::isEmpty, Long.MAX_VALUE) && inside.add(Thread.currentThread());
    });
  }

  /** Ends what {@link #beginClose} began once nothing waits for readers: the cache is closed or open again. */
  void endClose(boolean forGood) {
    boolean _ = locked(() -> {
      boolean _ = clock.await(lock, changed, () -> deferred == 0 && inside.size() == 1, Long.MAX_VALUE);
      closing = forGood;
      return inside.remove(Thread.currentThread());
    });
  }

  /** The pages of a closing cache are about to go: frees are errors from here on. */
  void setClosed() {
    closed = true;
  }

  boolean isClosing() {
    return closing;
  }

  boolean isClosed() {
    return closed;
  }

  void checkOpen(String what) {
    if (closing) {
      throw new KmemException.Usage(what + ": cache = " + cache + ": the cache is closed"
          + (closed ? "" : ", or being closed by another thread"));
    }
  }

  /** Throws when the cache is closed for good; frees go on while it is only being closed. */
  void checkNotClosed(String what) {
    if (closed) {
      throw new KmemException.Usage(what + ": cache = " + cache + ": the cache is closed");
    }
  }

  /** Waits until progress moves away from what was seen, the cache closes, or time is up. */
  void awaitMemory(long nanos, long seen, LongSupplier progress) {
    boolean _ = locked(() -> {
      int _ = sleepers.incrementAndGet();
      try {
        return clock.await(lock, changed, () -> closing || progress.getAsLong() != seen, nanos);
      } finally {
        int _ = sleepers.decrementAndGet();
      }
    });
  }

  /** Wakes those in shortage, if there are any. */
  void signalMemory() {
    VarHandle.fullFence(); // what was counted before is seen by whoever counts himself in afterwards
    if (sleepers.get() != 0) {
      boolean _ = locked(() -> true);
    }
  }

  private <T> T locked(Supplier<T> body) {
    lock.lock();
    try {
      T result = body.get();
      changed.signalAll();
      return result;
    } finally {
      lock.unlock();
    }
  }
}
