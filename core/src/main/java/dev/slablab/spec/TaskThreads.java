package dev.slablab.spec;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The SPL task queue {@code spl_kmem_cache} on a thread pool; each task starts a thread until there are enough. */
final class TaskThreads implements KmemScheduler {
  /** As the SPL's dynamic task queues: an idle thread leaves after five seconds. */
  private static final long IDLE_SECONDS = 5;

  private final ThreadPoolExecutor pool;

  TaskThreads(int threads) {
    pool = new ThreadPoolExecutor(threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
        Thread.ofPlatform().daemon().name("spl_kmem_cache/", 0).factory());
    pool.allowCoreThreadTimeOut(true);
    pool.prestartCoreThread();
  }

  @Override
  public void submit(Runnable task) {
    pool.execute(task);
  }

  @Override
  public void close() {
    pool.shutdown();
  }
}
