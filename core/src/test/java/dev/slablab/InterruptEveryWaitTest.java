package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.StallingPageSource;
import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Interrupts neither end a wait for memory, reap or close nor get lost; for growth see {@link ConcurrentInterruptTest}.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InterruptEveryWaitTest {
  /** The machine's waiting, without its hurry; knows who waits. */
  private static final class Patient implements KmemClock {
    final Set<Thread> waiting = ConcurrentHashMap.newKeySet();

    @Override
    public long nanoTime() {
      return KmemClock.system().nanoTime();
    }

    @Override
    public boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos) {
      if (done.getAsBoolean()) {
        return true;
      }
      waiting.add(Thread.currentThread());
      try {
        return KmemClock.system().await(lock, condition, done, TimeUnit.DAYS.toNanos(1));
      } finally {
        waiting.remove(Thread.currentThread());
      }
    }
  }

  private final Patient clock = new Patient();
  private StallingPageSource stalling;

  private Kmem open(Variant variant, long limit) {
    return variant.builder().clock(clock).tunable(Tunable.GROW_IN_CALLER, 1).tunable(Tunable.MEMORY_LIMIT, limit)
        .tunable(Tunable.ALLOC_TIMEOUT, 3_600_000)
        .decorate(source -> stalling = new StallingPageSource(source)).build();
  }

  /** Interrupts a thread before and while it waits; it must wait on, end when it may, and know of it. */
  private void interrupt(Runnable body, Runnable release) throws InterruptedException {
    AtomicReference<Object> end = new AtomicReference<>();
    Thread thread = Thread.ofPlatform().daemon().start(() -> {
      Thread.currentThread().interrupt();
      try {
        body.run();
        end.set(Thread.currentThread().isInterrupted());
      } catch (Throwable e) {
        end.set(e);
      }
    });
    ConcurrentKit.until(() -> clock.waiting.contains(thread) || end.get() != null);
    for (int i = 0; i < 50; i++) {
      thread.interrupt();
      Thread.yield();
    }
    assertTrue(thread.isAlive() && end.get() == null, "it waits on: " + end);
    release.run();
    thread.join();
    if (end.get() instanceof Throwable e) {
      throw new AssertionError(e);
    }
    assertTrue((boolean) end.get(), "the interrupt status is kept");
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void whoWaitsForMemory(Variant variant) throws InterruptedException {
    try (Kmem kmem = open(variant, variant.type() == CacheType.OFFSLAB ? 4 << 20 : 1 << 20)) {
      KmemCache cache = kmem.createCache(CacheSpec.of("full", 5000));
      List<Long> all = new ArrayList<>();
      for (AllocMode mode : new AllocMode[] {AllocMode.NORETRY, AllocMode.NOSLEEP}) {
        for (long object = cache.alloc(mode); object != 0; object = cache.alloc(mode)) {
          all.add(object);
        }
      }
      ConcurrentKit.until(() -> cache.stats().states().isEmpty());
      long[] got = new long[1];
      interrupt(() -> got[0] = cache.alloc(), () -> {
        all.forEach(cache::free);
      });
      assertNotEquals(0, got[0]);
      cache.free(got[0]);
      ConcurrentKit.finish(kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void whoWaitsForAPageRun(GeneralVariants variant) throws InterruptedException {
    try (Kmem kmem = open(variant.variant(), 2 << 20)) {
      long block = kmem.alloc(2 << 20);
      interrupt(() -> kmem.free(kmem.alloc(1 << 20)), () -> kmem.free(block));
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void whoWaitsForAReap(Variant variant) throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (Kmem kmem = open(variant, 0)) {
      KmemCache cache = kmem.createCache(CacheSpec.of("reaped", 5000).reclaim(_ -> {
        asked.countDown();
        AgeingKit.awaitQuietly(go);
      }));
      Thread reaper = Thread.ofPlatform().daemon().start(() -> {
        long _ = cache.reap();
      });
      asked.await();
      interrupt(() -> cache.free(cache.alloc()), go::countDown);
      reaper.join();
      ConcurrentKit.finish(kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void whoClosesACacheThatGrows(Variant variant) throws InterruptedException {
    try (Kmem kmem = open(variant, 0)) {
      KmemCache cache = kmem.createCache(CacheSpec.of("closed", 200)); // its descriptors are no general cache's
      stalling.stall();
      AtomicReference<Throwable> refused = new AtomicReference<>();
      Thread builder = Thread.ofPlatform().daemon().start(() -> {
        try {
          long _ = cache.alloc();
        } catch (KmemException.Usage e) {
          refused.set(e);
        }
      });
      stalling.awaitStalled();
      interrupt(() -> {
        var _ = cache.closeLeaking();
      }, stalling::resume);
      builder.join();
      assertFalse(kmem.caches().contains(cache));
      assertTrue(String.valueOf(refused.get()).contains("closed"), refused::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void whoClosesAnInstanceThatAllocatesAPageRun(GeneralVariants variant) throws InterruptedException {
    Kmem kmem = open(variant.variant(), 0);
    stalling.stall();
    Thread builder = Thread.ofPlatform().daemon().start(() -> {
      long _ = kmem.alloc(1 << 20);
    });
    stalling.awaitStalled();
    interrupt(() -> {
      try {
        kmem.close();
      } catch (KmemException.Leak leak) { // the run that came at last
        assertTrue(String.valueOf(leak.getMessage()).contains("1 page runs"), leak::getMessage);
      }
    }, stalling::resume);
    builder.join();
  }
}
