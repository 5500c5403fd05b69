package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemClock;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.Variant;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Growth while a reap runs, and a timeout that meets a growth that has ended. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GrowthReapTest {
  /** Waiters look at their predicate only when the test lets them: long after the state and the time have changed. */
  private static final class LateClock implements KmemClock {
    private final AtomicInteger waiting = new AtomicInteger();
    private final CountDownLatch look = new CountDownLatch(1);
    private final AtomicLong now = new AtomicLong();

    @Override
    public long nanoTime() {
      return now.get();
    }

    @Override
    public boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos) {
      if (look.getCount() == 0) {
        return done.getAsBoolean();
      }
      waiting.incrementAndGet();
      lock.unlock();
      try {
        look.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      } finally {
        lock.lock();
      }
      now.addAndGet(timeoutNanos);
      return done.getAsBoolean();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void aTimeoutThatFindsGrowingClearAddsNothing(Variant variant) {
    LateClock clock = new LateClock();
    ManualScheduler scheduler = new ManualScheduler();
    try (Kmem kmem = variant.builder().clock(clock).scheduler(scheduler).build()) {
      KmemCache cache = kmem.createCache(GrowthRig.spec());
      CompletableFuture<Long> waiter = CompletableFuture.supplyAsync(cache::alloc);
      ConcurrentKit.until(() -> clock.waiting.get() == 1);
      scheduler.runOne();
      assertEquals(0, cache.reap(), "a reap leaves the slab to the allocation it was built for");
      clock.look.countDown();
      long object = waiter.join();
      assertEquals(1, cache.stats().slabs().create());
      assertEquals(0, cache.stats().emergency().deadlock());
      assertEquals(0, cache.stats().emergency().max());
      ConcurrentKit.quiet(kmem, cache, 1);
      cache.free(object);
      ConcurrentKit.finish(kmem, cache);
    }
  }

  /** Who reaps without pause starves nobody: it is reaping again when the waiter comes to look. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#counted")
  void anAllocationWaitsForOneReapNotForTheNext(Variant variant) throws InterruptedException {
    LateClock clock = new LateClock();
    Semaphore reached = new Semaphore(0);
    Semaphore go = new Semaphore(0);
    try (Kmem kmem = variant.builder().clock(clock).tunable(Tunable.GROW_IN_CALLER, 1).build()) {
      KmemCache cache = kmem.createCache(GrowthRig.spec().objectsPerSlab(1).hooks(null, (object, priv) -> {
        reached.release();
        go.acquireUninterruptibly();
      }, null, ConstructorPlacement.PER_SLAB));
      long first = cache.alloc();
      long second = cache.alloc();
      cache.free(first);
      CompletableFuture<Long> one = aside(cache::reap);
      reached.acquire();
      CompletableFuture<Long> waiter = aside(cache::alloc);
      ConcurrentKit.until(() -> clock.waiting.get() == 1);
      go.release();
      assertTrue(one.join() > 0);
      cache.free(second);
      CompletableFuture<Long> next = aside(cache::reap);
      reached.acquire();
      clock.look.countDown();
      long object = waiter.join();
      assertEquals(EnumSet.of(CacheState.REAPING), cache.stats().states(), "the next reap goes on");
      go.release(100);
      assertTrue(next.join() > 0);
      cache.free(object);
      ConcurrentKit.finish(kmem, cache);
    }
  }

  /** On a thread of its own: the common pool may have but one. */
  private static CompletableFuture<Long> aside(Supplier<Long> work) {
    return CompletableFuture.supplyAsync(work, task -> Thread.ofPlatform().daemon().start(task));
  }

  /** A reap held up by a destructor until the test says so; one object is in use, in a slab of its own. */
  private static final class HeldReap {
    final CountDownLatch go = new CountDownLatch(1);
    final CountDownLatch reached = new CountDownLatch(1);
    final KmemCache cache;
    final long kept;
    final CompletableFuture<Long> reap;

    HeldReap(GrowthRig rig) throws InterruptedException {
      cache = rig.kmem.createCache(GrowthRig.spec().objectsPerSlab(1).hooks(null, (object, priv) -> {
        if (reached.getCount() > 0) {
          reached.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        }
      }, null, ConstructorPlacement.PER_SLAB));
      List<CompletableFuture<Long>> objects = rig.waiters(cache, 2);
      rig.scheduler.runOne();
      rig.scheduler.runOne();
      kept = objects.get(0).join();
      // Into a magazine: its slab goes only when the reap drains it.
      cache.free(objects.get(1).join());
      reap = CompletableFuture.supplyAsync(cache::reap);
      reached.await();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#counted")
  void sleepWaitsForAReapAndNosleepDoesNot(Variant variant) throws InterruptedException {
    try (GrowthRig rig = new GrowthRig(variant)) {
      HeldReap held = new HeldReap(rig);
      KmemCache cache = held.cache;
      assertEquals(EnumSet.of(CacheState.REAPING), cache.stats().states());
      assertEquals(0, cache.reap(), "a second reaper returns at once");
      CompletableFuture<Long> sleeper = rig.waiters(cache, 1).getFirst();
      rig.clock.advance(10 * GrowthRig.GROW_WAIT);
      rig.clock.awaitWaiters(1);
      assertEquals(0, rig.scheduler.pending(), "who waits for a reap asks for no slab");
      assertEquals(0, cache.stats().emergency().deadlock(), "and calls nothing a deadlock");
      long nosleep = cache.alloc(AllocMode.NOSLEEP);
      assertNotEquals(0, nosleep);
      assertTrue(cache.stats().emergency().current() == 1 && rig.scheduler.pending() == 1);
      held.go.countDown();
      rig.scheduler.runOne();
      long object = sleeper.join();
      assertTrue(held.reap.join() > 0);
      ConcurrentKit.quiet(rig.kmem, cache, 3);
      cache.free(object);
      cache.free(nosleep);
      cache.free(held.kept);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#counted")
  void freeDoesNotWaitForAReap(Variant variant) throws InterruptedException {
    try (GrowthRig rig = new GrowthRig(variant)) {
      HeldReap held = new HeldReap(rig);
      KmemCache cache = held.cache;
      long[] objects = {held.kept, cache.alloc(AllocMode.NOSLEEP), cache.alloc(AllocMode.NOSLEEP)};
      for (long object : objects) {
        cache.free(object); // on this thread: it would hang if it waited
      }
      assertTrue(cache.stats().states().contains(CacheState.REAPING));
      held.go.countDown();
      held.reap.join();
      rig.scheduler.runAll();
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }
}
