package dev.slablab.percpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Threads that live until told otherwise and do nothing: the test plays them, one after the other. */
final class LiveThreads implements AutoCloseable {
  private final List<Thread> threads = new ArrayList<>();

  /** A new one. */
  Thread next() {
    return next(() -> { });
  }

  /** A new one that does this first. */
  Thread next(Runnable first) {
    Thread thread = Thread.ofPlatform().daemon().start(() -> {
      first.run();
      while (!Thread.interrupted()) {
        LockSupport.park();
      }
    });
    threads.add(thread);
    return thread;
  }

  /** A new one whose home is the same slot as another's. */
  Thread next(Thread like, int slots) {
    while (true) {
      Thread thread = next();
      if ((thread.threadId() & (slots - 1)) == (like.threadId() & (slots - 1))) {
        return thread;
      }
    }
  }

  static void end(Thread thread) {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    threads.forEach(LiveThreads::end);
    threads.clear();
  }
}
