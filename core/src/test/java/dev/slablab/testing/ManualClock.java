package dev.slablab.testing;

import dev.slablab.spec.KmemClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/** A clock that moves when the test says so; nobody sleeps. */
public final class ManualClock implements KmemClock {
  private record Waiter(Lock lock, Condition condition, long deadline) {}

  private final List<Waiter> waiters = new ArrayList<>();
  private volatile long now;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos) {
    long start = now;
    long end = timeoutNanos > Long.MAX_VALUE - start ? Long.MAX_VALUE : start + timeoutNanos;
    Waiter waiter = new Waiter(lock, condition, end);
    synchronized (waiters) {
      waiters.add(waiter);
      waiters.notifyAll();
    }
    try {
      while (!done.getAsBoolean()) {
        if (now - start >= timeoutNanos) {
          return false;
        }
        condition.awaitUninterruptibly();
      }
      return true;
    } finally {
      synchronized (waiters) {
        waiters.remove(waiter);
      }
    }
  }

  /** Moves time on and wakes everybody who waits for it. */
  public void advance(long nanos) {
    List<Waiter> all;
    synchronized (waiters) {
      now += nanos;
      all = List.copyOf(waiters);
    }
    for (Waiter waiter : all) {
      waiter.lock.lock();
      try {
        waiter.condition.signalAll();
      } finally {
        waiter.lock.unlock();
      }
    }
  }

  /**
   * Moves time on to the next moment somebody waits for, if it is at most so far away; not while there is somebody
   * whose time has come already.
   */
  public void advanceToDeadline(long most) {
    long earliest;
    synchronized (waiters) {
      earliest = waiters.stream().mapToLong(Waiter::deadline).min().orElse(now);
    }
    advance(earliest - now <= most ? Math.max(0, earliest - now) : 0);
  }

  /** Returns once this many threads wait on the clock. */
  public void awaitWaiters(int count) {
    synchronized (waiters) {
      while (waiters.size() < count) {
        try {
          waiters.wait();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }
}
