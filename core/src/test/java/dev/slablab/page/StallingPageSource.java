package dev.slablab.page;

import module java.base;

/** Keeps requests for slab pages waiting while it is told to: a stalled page source. Thread-safe. */
public final class StallingPageSource extends ForwardingPageSource {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean stalled;
  private int waiting;

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
    if (area == Area.OBJECTS) {
      passWhenOpen();
    }
    return source.allocate(bytes, area);
  }

  /** From now on requests for slab pages wait; emergency requests pass. */
  public void stall() {
    set(true);
  }

  /** Lets all waiting and later requests pass. */
  public void resume() {
    set(false);
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

  private void set(boolean value) {
    lock.lock();
    try {
      stalled = value;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void passWhenOpen() {
    lock.lock();
    try {
      waiting++;
      changed.signalAll();
      while (stalled) {
        changed.awaitUninterruptibly();
      }
      waiting--;
    } finally {
      lock.unlock();
    }
  }
}
