package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.StallingPageSource;
import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Page sources whose every answer takes time, or never comes: who waits does, who must not does not. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SlowSourceTest {
  private static final long MILLI = 1_000_000;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  /** OFFSLAB's slabs are made of many. */
  static List<Variant> ofOneRun() {
    return Variant.spl().stream().filter(variant -> variant.type() != CacheType.OFFSLAB).toList();
  }

  /** 60 ms a request: a growth of one run is waited for, and nobody calls it deadlocked. */
  @ParameterizedTest
  @MethodSource("ofOneRun")
  void aSlowGrowthIsWaitedFor(Variant variant) {
    try (GrowthRig rig = GrowthRig.with(variant, KmemScheduler.threads(1))) {
      KmemCache cache = rig.cache();
      rig.stalling.slow(rig.clock, 60 * MILLI, true);
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 4);
      rig.clock.awaitWaiters(5); // four, and the growth
      rig.clock.advance(60 * MILLI);
      GrowthRig.freeAll(cache, waiters);
      assertEquals(60 * MILLI, rig.clock.nanoTime());
      assertEquals(new CacheStats.Emergency(0, 0, 0), cache.stats().emergency());
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  /** 150 ms: emergency objects after 100, and the slab when it comes. */
  @ParameterizedTest
  @MethodSource("ofOneRun")
  void aSlowerOneIsCalledDeadlockedUntilItEnds(Variant variant) {
    try (GrowthRig rig = GrowthRig.with(variant, KmemScheduler.threads(1))) {
      KmemCache cache = rig.cache();
      rig.stalling.slow(rig.clock, 150 * MILLI, false);
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 4);
      rig.clock.awaitWaiters(5);
      rig.clock.advance(100 * MILLI);
      List<Long> objects = new ArrayList<>(waiters.stream().map(CompletableFuture::join).toList());
      assertEquals(new CacheStats.Emergency(4, 4, 4), cache.stats().emergency());
      assertEquals(EnumSet.of(CacheState.GROWING, CacheState.DEADLOCKED), cache.stats().states());
      rig.clock.advance(50 * MILLI);
      ConcurrentKit.until(() -> cache.stats().states().isEmpty());
      objects.add(cache.alloc());
      assertEquals(4, cache.stats().emergency().current(), "the slab serves");
      objects.forEach(cache::free);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  /** On one thread, with time played: every allocation takes what its pages take, and ends. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void everythingIsServedInTheEnd(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    StallingPageSource[] slow = new StallingPageSource[1];
    try (Kmem kmem = variant.builder().clock(time).scheduler(time.scheduler).tunable(Tunable.GROW_IN_CALLER, 1)
        .decorate(source -> slow[0] = new StallingPageSource(source)).build()) {
      slow[0].slow(time, 7 * MILLI, true);
      KmemCache cache = kmem.createCache(CacheSpec.of("slow", 3000));
      List<Long> objects = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        objects.add(cache.alloc());
      }
      long block = kmem.alloc(1 << 20);
      assertEquals(0, time.nanoTime() % (7 * MILLI));
      assertTrue(time.nanoTime() >= 14 * MILLI, "requests took " + time.nanoTime());
      assertEquals(0, cache.stats().emergency().max());
      kmem.free(block);
      objects.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
    }
  }

  /**
   * A11 without exception: the source answers nobody, emergency requests neither, and the very first who asks is one
   * that must not wait. Nobody ever resumes it, the clock stands still: who waited would wait until the timeout.
   */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void nosleepWaitsForNoSourceAtAll(Variant variant) throws InterruptedException {
    StallingPageSource[] stalling = new StallingPageSource[1];
    ManualScheduler tasks = new ManualScheduler(); // growth asked for runs when all is well again
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks)
        .decorate(source -> stalling[0] = new StallingPageSource(source)));
    KmemCache cache = kmem.createCache(CacheSpec.of("stalled", 3000));
    KmemCache hooked = kmem.createCache(CacheSpec.of("hooked", 700)
        .hooks((_, _, _) -> { }, (_, _) -> { }, null, ConstructorPlacement.PER_SLAB));
    stalling[0].stallAll();
    ConcurrentKit.together(4, 0, _ -> {
      for (int i = 0; i < 20; i++) {
        assertEquals(0, cache.alloc(AllocMode.NOSLEEP));
        assertEquals(0, hooked.alloc(AllocMode.NOSLEEP));
        assertEquals(0, cache.alloc(new long[5], 0, 5, AllocMode.NOSLEEP));
        for (long size : new long[] {10, 5000, 70_000, 1 << 20}) {
          assertEquals(0, kmem.alloc(size, AllocMode.NOSLEEP));
        }
      }
    });
    assertTrue(stalling[0].refused() >= 80);
    stalling[0].resume();
    tasks.runAll();
    for (KmemCache one : List.of(cache, hooked)) {
      long object = one.alloc(AllocMode.NOSLEEP);
      assertNotEquals(0, object, "the source answers again");
      one.free(object);
    }
    for (long size : new long[] {10, 5000, 70_000, 1 << 20}) {
      long block = kmem.alloc(size, AllocMode.NOSLEEP);
      assertNotEquals(0, block);
      kmem.free(block);
    }
    tasks.runAll();
    assertEquals(Set.of(), cache.stats().states());
    long _ = kmem.reap();
  }

  /** What is free is found while all pages are stuck, and frees wait for nothing either. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void whatIsThereIsHandedOutWhileNothingComes(Variant variant) {
    StallingPageSource[] stalling = new StallingPageSource[1];
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks).tunable(Tunable.GROW_IN_CALLER, 1)
        .decorate(source -> stalling[0] = new StallingPageSource(source)));
    KmemCache cache = kmem.createCache(CacheSpec.of("stalled", 3000));
    List<Long> objects = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      objects.add(cache.alloc());
    }
    stalling[0].stallAll();
    CacheStats.Objects there = cache.stats().objects();
    long free = there.total() - there.inuse();
    for (long i = 0; i < free; i++) {
      objects.add(cache.alloc(AllocMode.NOSLEEP));
      assertNotEquals(0, objects.getLast(), "free: " + free);
    }
    assertEquals(0, cache.alloc(AllocMode.NOSLEEP));
    objects.forEach(cache::free);
    stalling[0].resume();
    tasks.runAll();
    ConcurrentKit.finish(kmem, cache);
  }
}
