package dev.slablab.testing;

import dev.slablab.spec.KmemClock;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/**
 * A clock that stands still: no wait ever times out, so that only a signal ends it. One that has not come after {@code
 * -Dslablab.test.patience} milliseconds (0 = never looks), though what was waited for has happened, is lost; so is one
 * that nothing has happened for in ten times as long. That is counted, and the wait is over; patience grows shorter
 * then.
 */
public final class PatientClock implements KmemClock {
  private static final long SHORTEST_NANOS = 1_000_000;
  private static final int MOST_LOOKS = 10;
  private static volatile long patience = 1_000_000 * Long.getLong("slablab.test.patience", 2_000);

  private volatile int lost;

  @Override
  public long nanoTime() {
    return 0;
  }

  @Override
  public boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos) {
    int looks = 0;
    while (!done.getAsBoolean()) {
      if (patience == 0) {
        condition.awaitUninterruptibly();
      } else if (timesOut(condition) && (done.getAsBoolean() || ++looks == MOST_LOOKS)) {
        lost++; // under the lock
        patience = Math.max(SHORTEST_NANOS, patience / 2);
        return done.getAsBoolean();
      }
    }
    return true;
  }

  private static boolean timesOut(Condition condition) {
    try {
      return condition.awaitNanos(patience) <= 0;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** How many wake-ups were lost. */
  public int lost() {
    return lost;
  }
}
