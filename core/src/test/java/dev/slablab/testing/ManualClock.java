package dev.slablab.testing;

import dev.slablab.spec.KmemClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/** A clock that moves when the test says so; nobody sleeps. */
public final class ManualClock implements KmemClock {
  private record Waiter(Lock lock, Condition condition) {}

  private final List<Waiter> waiters = new ArrayList<>();
  private volatile long now;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos) {
    long start = now;
    Waiter waiter = new Waiter(lock, condition);
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
