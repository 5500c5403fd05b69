package dev.slablab;

import static dev.slablab.GrowthRig.GROW_WAIT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemScheduler;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.Variant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Growth that fails, is refused, throws, or meets the partial slab it was asked for. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GrowthFailureTest {
  /** Less than the 100 ms after which a growth counts as stuck. */
  private static final long A_BACK_OFF = 20_000_000;

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void aFailedGrowthWakesItsWaiters(Variant variant) {
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache cache = rig.cache();
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 3);
      rig.refuse.set(1);
      rig.scheduler.runOne();
      // They back off now: with the state clear, and again on the clock, which has not moved.
      ConcurrentKit.until(() -> cache.stats().states().isEmpty());
      rig.clock.awaitWaiters(3);
      while (rig.scheduler.pending() == 0) {
        rig.clock.advanceToDeadline(A_BACK_OFF);
        Thread.yield();
      }
      rig.scheduler.runOne();
      while (!waiters.stream().allMatch(CompletableFuture::isDone)) {
        rig.clock.advanceToDeadline(A_BACK_OFF);
        rig.scheduler.runAll(); // one of them may have taken all there was
        Thread.yield();
      }
      CacheStats stats = cache.stats();
      assertEquals(1, stats.slabs().fail());
      assertEquals(0, stats.emergency().max());
      GrowthRig.freeAll(cache, waiters);
      rig.scheduler.runAll();
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  /** Counts what it refuses. */
  private static final class Refusing implements KmemScheduler {
    final AtomicInteger refused = new AtomicInteger();
    final ManualScheduler accepting = new ManualScheduler();
    volatile Throwable with = new RejectedExecutionException("told to");

    @Override
    public void submit(Runnable task) {
      switch (with) {
        case null -> accepting.submit(task);
        case Error e -> {
          refused.incrementAndGet();
          throw e;
        }
        default -> {
          refused.incrementAndGet();
          throw (RuntimeException) with;
        }
      }
    }

    @Override
    public void submit(Runnable task, long delayNanos) { // growth is what is refused
      accepting.submit(task, delayNanos);
    }

    @Override
    public void close() {
      accepting.close();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void aRefusedTaskClearsGrowingAndNobodySpins(Variant variant) {
    Refusing scheduler = new Refusing();
    try (GrowthRig rig = GrowthRig.with(variant, scheduler)) {
      KmemCache cache = rig.cache();
      long emergency = cache.alloc(AllocMode.NOSLEEP);
      assertNotEquals(0, emergency);
      assertEquals(Set.of(), cache.stats().states());
      assertEquals(1, scheduler.refused.get());
      CompletableFuture<Long> waiter = rig.allocating(cache, AllocMode.SLEEP);
      ConcurrentKit.until(() -> scheduler.refused.get() >= 2);
      for (int advances = 1; scheduler.refused.get() < 10; advances++) {
        // Longer than any back-off: at most one more try, then it waits again.
        assertTrue(scheduler.refused.get() <= 1 + advances, "tries without waiting in between");
        assertFalse(cache.stats().states().contains(CacheState.GROWING));
        rig.clock.awaitWaiters(1);
        rig.clock.advance(GROW_WAIT);
        Thread.yield();
      }
      scheduler.with = null;
      while (scheduler.accepting.pending() == 0) {
        rig.clock.advance(GROW_WAIT);
        Thread.yield();
      }
      scheduler.accepting.runOne();
      cache.free(waiter.join());
      cache.free(emergency);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void anErrorOfTheSchedulerReachesWhoAsked(Variant variant) {
    Refusing scheduler = new Refusing();
    OutOfMemoryError error = new OutOfMemoryError("unable to create native thread (a test)");
    scheduler.with = error;
    try (GrowthRig rig = GrowthRig.with(variant, scheduler)) {
      KmemCache cache = rig.cache();
      assertSame(error, assertThrows(OutOfMemoryError.class, cache::alloc));
      assertEquals(Set.of(), cache.stats().states());
      long emergency = cache.alloc(AllocMode.NOSLEEP);
      assertNotEquals(0, emergency, "NOSLEEP does not depend on task threads");
      cache.free(emergency);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void anEmergencyLooksAtThePartialListAgain(Variant variant) {
    // The task runs inside submit, which the contract forbids to others: thus the slab is there before the emergency.
    KmemScheduler inline = new KmemScheduler() {
      @Override
      public void submit(Runnable task) {
        task.run();
      }

      @Override
      public void close() {}
    };
    try (GrowthRig rig = GrowthRig.with(variant, inline)) {
      KmemCache cache = rig.cache();
      long object = cache.alloc(AllocMode.NOSLEEP);
      assertNotEquals(0, object);
      assertEquals(0, cache.stats().emergency().max());
      ConcurrentKit.quiet(rig.kmem, cache, 1);
      cache.free(object);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void aConstructorThatThrowsInTheGrowTaskReachesItsWaitersAndUndoesTheSlab(Variant variant) {
    AtomicInteger alive = new AtomicInteger();
    AtomicInteger calls = new AtomicInteger();
    IllegalStateException thrown = new IllegalStateException("the fifth");
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache cache = rig.kmem.createCache(GrowthRig.spec().hooks((object, priv, mode) -> {
        if (calls.incrementAndGet() == 5) {
          throw thrown;
        }
        alive.incrementAndGet();
      }, (object, priv) -> alive.decrementAndGet(), null, ConstructorPlacement.PER_SLAB));
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 3);
      rig.scheduler.runOne();
      for (CompletableFuture<Long> waiter : waiters) {
        assertSame(thrown, assertThrows(CompletionException.class, waiter::join).getCause());
      }
      assertEquals(0, alive.get(), "what was constructed is destructed");
      assertEquals(0, rig.kmem.heldBytes());
      assertEquals(1, cache.stats().slabs().fail());
      ConcurrentKit.quiet(rig.kmem, cache, 0);
      CompletableFuture<Long> next = rig.waiters(cache, 1).getFirst();
      rig.scheduler.runOne();
      cache.free(next.join());
      ConcurrentKit.finish(rig.kmem, cache);
      assertEquals(0, alive.get());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void aConstructorMayAllocateFromItsOwnCacheOnTheGrowThread(Variant variant) {
    AtomicInteger alive = new AtomicInteger();
    AtomicLong inner = new AtomicLong();
    AtomicInteger depth = new AtomicInteger();
    KmemCache[] self = new KmemCache[1];
    try (GrowthRig rig = GrowthRig.with(variant, KmemScheduler.threads(1))) {
      self[0] = rig.kmem.createCache(GrowthRig.spec().hooks((object, priv, mode) -> {
        alive.incrementAndGet();
        if (depth.getAndIncrement() == 0) {
          inner.set(self[0].alloc());
        }
      }, (object, priv) -> alive.decrementAndGet(), null, ConstructorPlacement.PER_SLAB));
      CompletableFuture<Long> outer = rig.allocating(self[0], AllocMode.SLEEP);
      rig.clock.awaitWaiters(2); // the caller and the constructor: each waits for the growth
      assertEquals(EnumSet.of(CacheState.GROWING), self[0].stats().states());
      rig.clock.advance(GROW_WAIT);
      long object = outer.join();
      ConcurrentKit.until(() -> self[0].stats().states().isEmpty());
      assertEquals(2, self[0].stats().emergency().deadlock());
      assertTrue(self[0].stats().emergency().max() >= 1);
      assertFalse(inner.get() == 0 || inner.get() == object);
      ConcurrentKit.quiet(rig.kmem, self[0], 2);
      self[0].free(object);
      self[0].free(inner.get());
      ConcurrentKit.finish(rig.kmem, self[0]);
      assertEquals(0, alive.get());
    }
  }
}
