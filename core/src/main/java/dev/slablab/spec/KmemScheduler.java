package dev.slablab.spec;

import module java.base;

/** Runs the background tasks of one allocator instance; injected, so that tests decide when a slab is built. */
public interface KmemScheduler extends AutoCloseable {
  /**
   * Hands over a task, to be run once. May be called with a cache lock held, so it must not block and must not run the
   * task on the calling thread.
   *
   * @param task what to run
   * @throws RejectedExecutionException when it cannot be taken; the caller undoes its preparations
   */
  void submit(Runnable task);

  /**
   * Hands over a task for later. Unless overridden, it runs on a virtual thread: those that build slabs stay free.
   *
   * @param task what to run, once, on another thread
   * @param delayNanos how long to wait, at least
   */
  default void submit(Runnable task, long delayNanos) {
    CompletableFuture.delayedExecutor(delayNanos, TimeUnit.NANOSECONDS, Thread::startVirtualThread).execute(task);
  }

  /** Takes no more tasks; those taken still run. */
  @Override
  void close();

  /**
   * {@return the SPL's dynamic task queue {@code spl_kmem_cache}: one daemon thread at first, one more with each task
   * until there are enough; one that is idle for five seconds leaves, the queue is unbounded}
   *
   * @param threads the most threads, ≥ 1 ({@code spl_kmem_cache_kmem_threads})
   */
  static KmemScheduler threads(int threads) {
    ThreadPoolExecutor pool = new ThreadPoolExecutor(threads, threads, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
        Thread.ofPlatform().daemon().name("spl_kmem_cache/", 0).factory());
    pool.allowCoreThreadTimeOut(true);
    pool.prestartCoreThread();
    return new KmemScheduler() {
      @Override
      public void submit(Runnable task) {
        pool.execute(task);
      }

      @Override
      public void close() {
        pool.shutdown();
      }
    };
  }
}
