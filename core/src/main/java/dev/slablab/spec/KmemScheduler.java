package dev.slablab.spec;

/** Runs the background tasks of one allocator instance; injected, so that tests decide when a slab is built. */
public interface KmemScheduler extends AutoCloseable {
  /**
   * Hands over a task; returns without waiting for it. May be called with a cache lock held, so it must not block and
   * must not run the task on the calling thread.
   *
   * @param task what to run, once, on another thread
   * @throws java.util.concurrent.RejectedExecutionException when it cannot be taken; the caller undoes its preparations
   */
  void submit(Runnable task);

  /** Takes no more tasks; those taken still run. */
  @Override
  void close();

  /**
   * Daemon threads: one at first, one more with each task until there are enough; idle ones leave, the queue is unbounded.
   *
   * @param threads the most threads, ≥ 1 ({@code spl_kmem_cache_kmem_threads})
   * @return a running scheduler
   */
  static KmemScheduler threads(int threads) {
    return new TaskThreads(threads);
  }
}
