package dev.slablab.testing;

import dev.slablab.spec.KmemScheduler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/** A scheduler whose tasks, delayed ones too, run when the test says so, on the test's thread. */
public final class ManualScheduler implements KmemScheduler {
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final List<Runnable> timers = new ArrayList<>();
  private boolean rejecting;

  @Override
  public synchronized void submit(Runnable task) {
    if (rejecting) {
      throw new RejectedExecutionException("told to");
    }
    tasks.add(task);
    notifyAll();
  }

  @Override
  public synchronized void submit(Runnable task, long delayNanos) {
    if (!rejecting) {
      timers.add(task);
    }
  }

  /** {@return delayed tasks waiting to be run} */
  public synchronized int timers() {
    return timers.size();
  }

  /** Runs the delayed tasks there are, as though their time had come. */
  public void runTimers() {
    List<Runnable> now;
    synchronized (this) {
      now = List.copyOf(timers);
      timers.clear();
    }
    now.forEach(Runnable::run);
  }

  /** From now on tasks are refused (or taken again). */
  public synchronized void rejecting(boolean value) {
    rejecting = value;
  }

  /** {@return tasks waiting to be run} */
  public synchronized int pending() {
    return tasks.size();
  }

  /** Runs the tasks there are; returns how many. */
  public int runAll() {
    int n = 0;
    for (Runnable task = poll(); task != null; task = poll()) {
      task.run();
      n++;
    }
    return n;
  }

  /** Waits for a task and runs it. */
  public void runOne() {
    Runnable task;
    synchronized (this) {
      while (tasks.isEmpty()) {
        try {
          wait();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
      task = tasks.remove();
    }
    task.run();
  }

  private synchronized Runnable poll() {
    return tasks.poll();
  }

  @Override
  public void close() {
    rejecting(true);
  }
}
