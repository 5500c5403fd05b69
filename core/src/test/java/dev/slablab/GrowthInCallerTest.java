package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** grow_in_caller = 1: the winner of GROWING builds the slab itself, the others wait as for a task. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GrowthInCallerTest {
  private static GrowthRig rig(Variant variant) {
    GrowthRig rig = new GrowthRig(variant);
    rig.kmem.tune(Tunable.GROW_IN_CALLER, 1);
    return rig;
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void sleepBuildsItsSlabItselfAndNosleepAsksATask(Variant variant) {
    try (GrowthRig rig = rig(variant)) {
      KmemCache cache = rig.cache();
      long object = cache.alloc();
      assertEquals(0, rig.scheduler.pending());
      assertEquals(Set.of(), cache.stats().states());
      ConcurrentKit.quiet(rig.kmem, cache, 1);
      cache.free(object);
      cache.reap();
      long emergency = cache.alloc(AllocMode.NOSLEEP);
      assertNotEquals(0, emergency);
      assertEquals(1, rig.scheduler.pending());
      rig.scheduler.runAll();
      cache.free(emergency);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void whoFindsAnothersGrowthStalledIsServedAfterATenthOfASecond(Variant variant) throws InterruptedException {
    try (GrowthRig rig = rig(variant)) {
      KmemCache cache = rig.cache();
      rig.stalling.stall();
      CompletableFuture<Long> builder = rig.allocating(cache, AllocMode.SLEEP);
      rig.stalling.awaitStalled();
      assertEquals(Set.of(CacheState.GROWING), cache.stats().states());
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 3);
      rig.clock.advance(GrowthRig.GROW_WAIT);
      waiters.forEach(CompletableFuture::join);
      assertEquals(new CacheStats.Emergency(3, 3, 3), cache.stats().emergency());
      rig.stalling.resume();
      long object = builder.join();
      assertEquals(Set.of(), cache.stats().states());
      ConcurrentKit.quiet(rig.kmem, cache, 4);
      GrowthRig.freeAll(cache, waiters);
      cache.free(object);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#counted")
  void oneGrowthServesTheBuilderAndItsWaitersWithoutTimePassing(Variant variant) {
    try (GrowthRig rig = rig(variant)) {
      KmemCache cache = rig.cache();
      rig.stalling.stall();
      CompletableFuture<Long> builder = rig.allocating(cache, AllocMode.SLEEP);
      rig.stalling.awaitStalled();
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, GrowthRig.OBJECTS - 1);
      rig.stalling.resume();
      builder.join();
      waiters.forEach(CompletableFuture::join);
      assertEquals(0, rig.clock.nanoTime());
      assertEquals(1, cache.stats().slabs().create());
      ConcurrentKit.quiet(rig.kmem, cache, GrowthRig.OBJECTS);
      GrowthRig.freeAll(cache, waiters);
      cache.free(builder.join());
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void whatTheConstructorThrowsReachesTheBuilder(Variant variant) {
    IllegalStateException thrown = new IllegalStateException("the fifth");
    AtomicInteger alive = new AtomicInteger();
    AtomicInteger calls = new AtomicInteger();
    try (GrowthRig rig = rig(variant)) {
      KmemCache cache = rig.kmem.createCache(GrowthRig.spec().hooks((object, priv, mode) -> {
        if (calls.incrementAndGet() == 5) {
          throw thrown;
        }
        alive.incrementAndGet();
      }, (object, priv) -> alive.decrementAndGet(), null, ConstructorPlacement.PER_SLAB));
      assertSame(thrown, assertThrows(IllegalStateException.class, cache::alloc));
      assertEquals(0, alive.get());
      assertEquals(0, rig.kmem.heldBytes());
      ConcurrentKit.quiet(rig.kmem, cache, 0);
      cache.free(cache.alloc());
      ConcurrentKit.finish(rig.kmem, cache);
      assertEquals(0, alive.get());
    }
  }
}
