package dev.slablab.spec;

import module java.base;

/**
 * Time, and waiting for it; injected, so that timeouts are tested without sleeping. Thread-safe. A clock that does not
 * run with the machine's overrides {@link #await} too.
 */
public interface KmemClock {
  /** {@return the time of this clock: nanoseconds since an arbitrary origin, never falling} */
  long nanoTime();

  /**
   * Waits, uninterruptibly (the interrupt status is kept), until a predicate holds or time is up.
   *
   * @param lock held by the caller; given up while waiting
   * @param condition of that lock, signalled when the predicate may have changed
   * @param done the predicate, evaluated under the lock
   * @param timeoutNanos the longest wait; {@link Long#MAX_VALUE} waits without limit
   * @return whether the predicate held at the end
   */
  default boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos) {
    long start = nanoTime();
    boolean interrupted = false;
    try {
      while (!done.getAsBoolean()) {
        long left = timeoutNanos - (nanoTime() - start);
        if (left <= 0) {
          return false;
        }
        try {
          // The predicate says whether to go on, not the reason of the wake-up.
          long _ = condition.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true; // the predicate may have changed meanwhile: look again before waiting on
        }
      }
      return true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** {@return the machine's clock: {@link System#nanoTime()}} */
  static KmemClock system() {
    return System::nanoTime;
  }
}
