package dev.slablab.spec;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/** {@link System#nanoTime()} and timed condition waits. */
enum SystemClock implements KmemClock {
  INSTANCE;

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos) {
    long start = System.nanoTime();
    boolean interrupted = false;
    try {
      while (!done.getAsBoolean()) {
        long left = timeoutNanos - (System.nanoTime() - start);
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
}
