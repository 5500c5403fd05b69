package dev.slablab;

import static dev.slablab.GrowthRig.GROW_WAIT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.KmemScheduler;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A11 and A12: task threads that hang in the page source, and NOSLEEP with nothing but what others left. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GrowthStallTest {
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void stalledGrowthIsSurvivedAndResumes(Variant variant) {
    try (GrowthRig rig = GrowthRig.with(variant, KmemScheduler.threads(1))) {
      KmemCache cache = rig.cache();
      rig.stalling.stall();
      List<CompletableFuture<Long>> waiters = rig.waiters(cache, 4);
      rig.stalling.awaitStalled();
      rig.clock.advance(GROW_WAIT);
      List<Long> objects = new ArrayList<>(waiters.stream().map(CompletableFuture::join).toList());
      for (int i = 0; i < 20; i++) {
        objects.add(cache.alloc(i % 2 == 0 ? AllocMode.SLEEP : AllocMode.NOSLEEP));
      }
      assertEquals(objects.size(), new HashSet<>(objects).size());
      assertEquals(new CacheStats.Emergency(4, 24, 24), cache.stats().emergency());
      assertEquals(Set.of(CacheState.GROWING, CacheState.DEADLOCKED), cache.stats().states());
      cache.verify();
      objects.forEach(cache::free);
      assertEquals(0, cache.stats().emergency().current());
      assertEquals(0, cache.stats().objects().inuse());
      rig.stalling.resume();
      ConcurrentKit.until(() -> cache.stats().states().isEmpty());
      long ordinary = cache.alloc();
      assertEquals(1, cache.stats().objects().inuse());
      assertEquals(0, cache.stats().emergency().current(), "growth has resumed");
      cache.free(ordinary);
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void nosleepNeverWaitsForAStalledGrowth(Variant variant) throws InterruptedException {
    try (GrowthRig rig = GrowthRig.with(variant, KmemScheduler.threads(1))) {
      KmemCache cache = rig.cache();
      rig.stalling.stall();
      cache.free(cache.alloc(AllocMode.NOSLEEP));
      rig.stalling.awaitStalled();
      // The clock stands still: whoever waited would wait until the test's timeout.
      ConcurrentKit.together(8, 0, index -> {
        long[] mine = new long[50];
        for (int i = 0; i < mine.length; i++) {
          mine[i] = cache.alloc(AllocMode.NOSLEEP);
          assertNotEquals(0, mine[i]);
        }
        for (long object : mine) {
          cache.free(object);
        }
      });
      assertTrue(cache.stats().emergency().max() >= 50);
      assertEquals(0, cache.stats().emergency().current());
      assertEquals(0, rig.clock.nanoTime());
      rig.stalling.resume();
      ConcurrentKit.until(() -> cache.stats().states().isEmpty());
      ConcurrentKit.finish(rig.kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void nosleepFindsEveryFreeObjectUnderAnExhaustedLimit(Variant variant) throws InterruptedException {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = variant.builder().clock(time).scheduler(time.scheduler).tunable(Tunable.POSSIBLE_CPUS, 4)
        .tunable(Tunable.MEMORY_LIMIT, variant.type() == CacheType.OFFSLAB ? 4 << 20 : 1 << 20).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("full", 1024));
      List<Long> all = time.exhaust(cache);
      ConcurrentKit.quiet(kmem, cache, all.size());
      // Every third object, so that no slab empties, on many threads: they end in the magazines of many CPUs.
      List<Long> freed = new ArrayList<>();
      for (int i = 0; i < 600; i += 3) {
        freed.add(all.get(i));
      }
      AtomicInteger next = new AtomicInteger();
      for (int round = 0; round < 10; round++) {
        ConcurrentKit.together(4, 0, index -> {
          for (int i = 0; i < 5; i++) {
            cache.free(freed.get(next.getAndIncrement()));
          }
        });
      }
      ConcurrentKit.quiet(kmem, cache, all.size() - freed.size());
      List<Long> again = new ArrayList<>();
      for (long object = cache.alloc(AllocMode.NOSLEEP); object != 0; object = cache.alloc(AllocMode.NOSLEEP)) {
        again.add(object);
      }
      time.scheduler.runAll();
      assertEquals(freed.size(), again.size());
      assertTrue(new HashSet<>(freed).equals(new HashSet<>(again)), "every free object, and each once");
      ConcurrentKit.quiet(kmem, cache, all.size());
      all.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes());
    }
  }
}
