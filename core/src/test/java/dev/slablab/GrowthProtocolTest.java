package dev.slablab;

import static dev.slablab.GrowthRig.GROW_WAIT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.CacheStats;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Growth as spec/spl.md §7 states it: who asks, who waits, who is woken, and what a timeout means. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GrowthProtocolTest {
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void oneGrowthWakesAllItsWaitersWithoutTimePassing(Variant variant) {
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache cache = rig.cache();
      int objects = cache.stats().objectsPerSlab();
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, objects);
      assertEquals(EnumSet.of(CacheState.GROWING), cache.stats().states());
      assertEquals(1, rig.scheduler.pending(), "one task per cache at a time");
      assertEquals(1, rig.scheduler.runAll());
      Set<Long> got = Set.copyOf(waiters.stream().map(CompletableFuture::join).toList());
      assertEquals(objects, got.size());
      assertEquals(0, rig.clock.nanoTime(), "woken, not timed out");
      assertEquals(0, cache.stats().emergency().deadlock());
      assertEquals(1, cache.stats().slabs().create());
      ConcurrentKit.quiet(rig.kmem, cache, got.size());
      got.forEach(cache::free);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void waitersBeyondTheFirstSlabGrowOneSlabAtATime(Variant variant) {
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache cache = rig.cache();
      int objects = cache.stats().objectsPerSlab();
      int n = 3 * objects;
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, n);
      for (int slabs = 1; slabs <= 3; slabs++) {
        rig.scheduler.runOne(); // waits until somebody has asked
        int served = slabs * objects;
        ConcurrentKit.until(() -> waiters.stream().filter(CompletableFuture::isDone).count() >= served);
        assertEquals(slabs, cache.stats().slabs().create());
      }
      assertEquals(0, rig.scheduler.pending(), "nobody asks for a slab that nobody needs");
      assertEquals(0, rig.clock.nanoTime());
      ConcurrentKit.quiet(rig.kmem, cache, n);
      GrowthRig.freeAll(cache, waiters);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void cachesGrowSideBySide(Variant variant) {
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache one = rig.cache();
      KmemCache two = rig.cache();
      CompletableFuture<Long> first = rig.allocating(one, AllocMode.SLEEP);
      CompletableFuture<Long> second = rig.allocating(two, AllocMode.PUSHPAGE);
      rig.clock.awaitWaiters(2);
      assertEquals(2, rig.scheduler.pending());
      rig.scheduler.runAll();
      one.free(first.join());
      two.free(second.join());
      ConcurrentKit.finish(rig.kmem, one);
      ConcurrentKit.finish(rig.kmem, two);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void nosleepTakesAnEmergencyObjectAtOnceAndAsksForGrowth(Variant variant) {
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache cache = rig.cache();
      long first = cache.alloc(AllocMode.NOSLEEP);
      long second = cache.alloc(AllocMode.NOSLEEP);
      assertNotEquals(0, first);
      assertNotEquals(0, second);
      assertNotEquals(first, second);
      assertEquals(1, rig.scheduler.pending(), "one task per cache at a time");
      CacheStats stats = cache.stats();
      assertEquals(new CacheStats.Emergency(0, 2, 2), stats.emergency());
      assertEquals(0, stats.objects().alloc(), "emergency objects are not among obj_alloc");
      assertEquals(2, stats.objects().total());
      cache.free(first);
      assertEquals(new CacheStats.Emergency(0, 1, 2), cache.stats().emergency());
      rig.scheduler.runAll();
      assertEquals(Set.of(), cache.stats().states(), "a growth that ends while nobody waits");
      long ordinary = cache.alloc(AllocMode.NOSLEEP);
      assertEquals(1, cache.stats().emergency().current(), "the slab serves now");
      ConcurrentKit.quiet(rig.kmem, cache, 2);
      cache.free(second);
      cache.free(ordinary);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void sleepWaitsUpToATenthOfASecondAndNotLess(Variant variant) {
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache cache = rig.cache();
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 3);
      rig.clock.advance(GROW_WAIT - 1);
      rig.scheduler.runOne();
      GrowthRig.freeAll(cache, waiters);
      CacheStats stats = cache.stats();
      assertEquals(new CacheStats.Emergency(0, 0, 0), stats.emergency(), "nobody had given up");
      assertFalse(stats.states().contains(CacheState.DEADLOCKED));
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void everyWaiterThatTimesOutCountsOneAndIsServed(Variant variant) {
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache cache = rig.cache();
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 5);
      rig.clock.advance(GROW_WAIT);
      List<Long> objects = new ArrayList<>(waiters.stream().map(CompletableFuture::join).toList());
      assertEquals(new CacheStats.Emergency(5, 5, 5), cache.stats().emergency());
      assertEquals(EnumSet.of(CacheState.GROWING, CacheState.DEADLOCKED), cache.stats().states());
      objects.add(cache.alloc(AllocMode.SLEEP)); // on this thread: it would hang if it waited
      objects.add(cache.alloc(AllocMode.PUSHPAGE));
      assertEquals(new CacheStats.Emergency(5, 7, 7), cache.stats().emergency(), "served without waiting");
      assertEquals(1, rig.scheduler.pending());
      rig.scheduler.runAll();
      assertEquals(Set.of(), cache.stats().states(), "a growth that succeeds ends the emergency");
      objects.add(cache.alloc());
      assertEquals(7, cache.stats().emergency().current());
      ConcurrentKit.quiet(rig.kmem, cache, objects.size());
      objects.forEach(cache::free);
      assertEquals(new CacheStats.Emergency(5, 0, 7), cache.stats().emergency());
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void deadlockedLastsUntilAGrowthSucceeds(Variant variant) {
    try (GrowthRig rig = new GrowthRig(variant)) {
      KmemCache cache = rig.cache();
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 1);
      rig.clock.advance(GROW_WAIT);
      long first = waiters.getFirst().join();
      rig.refuse.set(1);
      rig.scheduler.runOne();
      assertEquals(EnumSet.of(CacheState.DEADLOCKED), cache.stats().states(), "a failed growth does not end it");
      assertEquals(1, cache.stats().slabs().fail());
      long second = cache.alloc();
      assertEquals(2, cache.stats().emergency().current());
      assertEquals(1, rig.scheduler.pending(), "emergency objects ask for growth again");
      rig.scheduler.runOne();
      assertEquals(Set.of(), cache.stats().states());
      cache.free(first);
      cache.free(second);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void aRefillThatGainedOneObjectDoesNotWait(Variant variant) {
    ManualScheduler scheduler = new ManualScheduler();
    ManualClock clock = new ManualClock();
    try (Kmem kmem = variant.builder().clock(clock).scheduler(scheduler).build()) {
      KmemCache cache = kmem.createCache(GrowthRig.spec()); // refills of 32 objects, slabs of 8, KMEM's of 6
      int slab = cache.stats().objectsPerSlab();
      cache.free(cache.alloc(AllocMode.NOSLEEP));
      scheduler.runOne();
      List<Long> objects = new ArrayList<>();
      while (objects.size() < slab) {
        objects.add(cache.alloc());
        cache.reap(); // what the refill brought beyond it goes back: no magazine holds any
      }
      cache.free(objects.removeLast());
      cache.reap();
      objects.add(cache.alloc()); // on this thread: it would hang if it waited for the other 31
      assertEquals(0, scheduler.pending());
      assertEquals(1, cache.stats().emergency().max(), "the first one alone");
      ConcurrentKit.quiet(kmem, cache, slab);
      objects.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
    }
  }
}
