package dev.slablab.linux;

import java.util.concurrent.locks.ReentrantLock;

/** A lock for {@code try (Guard _ = guard.take())}. */
final class Guard implements AutoCloseable {
  private static final int SPINS = 100;

  private final ReentrantLock lock = new ReentrantLock();

  /** A batch takes microseconds under the lock, as parking does: look a few times before. */
  Guard take() {
    for (int spins = 0; spins < SPINS; spins++) {
      if (lock.tryLock()) {
        return this;
      }
      Thread.onSpinWait();
    }
    lock.lock();
    return this;
  }

  boolean take(boolean wait) {
    return wait ? take() == this : lock.tryLock();
  }

  @Override
  public void close() {
    lock.unlock();
  }
}
