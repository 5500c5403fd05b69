package dev.slablab.page;

import dev.slablab.spec.KmemClock;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps requests waiting while it is told to: a stalled page source; or each for a time: a slow one. Who must not wait
 * is told that there is nothing. Thread-safe.
 */
public final class StallingPageSource extends ForwardingPageSource {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean stalled;
  private boolean emergenciesToo;
  private @Nullable KmemClock clock;
  private long nanos;
  private int waiting;
  private long refused;

  /**
   * Injects stalls into another source.
   *
   * @param source the source
   */
  public StallingPageSource(PageSource source) {
    super(source);
  }

  @Override
  public long allocate(long bytes, Area area) {
    pass(area);
    return source.allocate(bytes, area);
  }

  @Override
  public long tryAllocate(long bytes, Area area) {
    lock.lock();
    try {
      if (isConcerned(area) && (stalled || nanos > 0)) {
        refused++;
        return NONE;
      }
    } finally {
      lock.unlock();
    }
    return source.tryAllocate(bytes, area);
  }

  /** From now on requests for slab pages wait; emergency requests pass. */
  public void stall() {
    set(true, false);
  }

  /** From now on all requests wait. */
  public void stallAll() {
    set(true, true);
  }

  /** Lets all waiting and later requests pass. */
  public void resume() {
    set(false, false);
  }

  /** From now on each request takes a time by a clock; those for emergency objects too, or not. */
  public void slow(KmemClock by, long forNanos, boolean emergencies) {
    lock.lock();
    clock = by;
    nanos = forNanos;
    emergenciesToo = emergencies;
    lock.unlock();
  }

  /** Returns once at least one request is waiting here, so that tests need no sleep. */
  public void awaitStalled() {
    lock.lock();
    try {
      while (waiting == 0) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Requests that were told there is nothing, rather than wait. */
  public long refused() {
    lock.lock();
    try {
      return refused;
    } finally {
      lock.unlock();
    }
  }

  private void set(boolean value, boolean emergencies) {
    lock.lock();
    try {
      stalled = value;
      emergenciesToo = emergencies;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isConcerned(Area area) {
    return area == Area.OBJECTS || emergenciesToo;
  }

  private void pass(Area area) {
    lock.lock();
    try {
      waiting++;
      changed.signalAll();
      while (stalled && isConcerned(area)) {
        changed.awaitUninterruptibly();
      }
      if (nanos > 0 && clock != null && isConcerned(area)) {
        boolean _ = clock.await(lock, changed, () -> false, nanos);
      }
      waiting--;
    } finally {
      lock.unlock();
    }
  }
}
