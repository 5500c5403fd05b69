package dev.slablab.spec;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/** Time, and waiting for it; injected, so that timeouts are tested without sleeping. Thread-safe. */
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
  boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos);

  /** {@return the clock of the machine: a clock on {@link System#nanoTime()}} */
  static KmemClock system() {
    return SystemClock.INSTANCE;
  }
}
