package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A9, the patient half: how long SLEEP waits when pages are gone, what it does meanwhile, and how it gives up. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShortageTimeoutTest {
  private static final long LIMIT = 1 << 20;
  private static final long TIMEOUT = TimeUnit.MILLISECONDS.toNanos(10_000);

  private static Kmem kmem(Variant variant, GrowthSimulation time) {
    return variant.builder().clock(time).scheduler(time.scheduler).tunable(Tunable.MEMORY_LIMIT, LIMIT).build();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void noMemoryComesAfterTheTimeoutAndNotBefore(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = kmem(variant, time)) {
      KmemCache cache = kmem.createCache(CacheSpec.of("short", 5000));
      List<Long> all = time.exhaust(cache);
      assertTrue(all.size() > 50, all.size() + " objects");
      assertEquals(TIMEOUT, time.nanoTime());
      assertTrue(time.timedOut.size() <= 200, "waits, not a busy loop: " + time.timedOut.size());
      assertTrue(Collections.max(time.timedOut) <= 100_000_000, () -> "back-off: " + time.timedOut);
      assertTrue(time.timedOut.get(1) > time.timedOut.get(0), () -> "growing back-off: " + time.timedOut);
      assertThrows(KmemException.NoMemory.class, cache::alloc);
      assertEquals(2 * TIMEOUT, time.nanoTime(), "each allocation has its own patience");
      assertEquals(0, cache.alloc(AllocMode.NOSLEEP));
      assertEquals(2 * TIMEOUT, time.nanoTime(), "NOSLEEP has none");
      time.scheduler.runAll();
      ConcurrentKit.quiet(kmem, cache, all.size());
      cache.free(all.removeFirst());
      all.add(cache.alloc());
      all.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#exactWithDebugged")
  void progressElsewhereProlongsThePatience(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = kmem(variant, time)) {
      KmemCache cache = kmem.createCache(CacheSpec.of("short", variant.linux() ? 120_000 : 5000)); // no 8 there
      KmemCache small = kmem.createCache(CacheSpec.of("other", 4096).objectsPerSlab(1));
      List<Long> others = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        others.add(small.alloc());
      }
      List<Long> all = time.exhaust(cache);
      long start = time.nanoTime();
      long[] nextFree = {start + TIMEOUT / 2};
      time.meanwhile = () -> {
        if (time.nanoTime() >= nextFree[0] && others.size() > 3) { // some pages, too few for a slab of 8
          small.free(others.removeLast());
          small.reap();
          nextFree[0] += TIMEOUT / 2;
        }
      };
      // Three of the other slabs give 3 pages, 6 with trailers; one page may have been left; a slab needs 10 or 11.
      // Linux: seven slabs of 32 pages fit, 25 pages are left beside the others and a slab of descriptors.
      assertThrows(KmemException.NoMemory.class, cache::alloc);
      assertTrue(time.nanoTime() - start > 2 * TIMEOUT, "waited " + (time.nanoTime() - start));
      time.meanwhile = () -> { };
      others.forEach(small::free);
      all.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
      ConcurrentKit.finish(kmem, small);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#exactWithDebugged")
  void otherCachesAreReapedBeforeAnybodyWaits(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = kmem(variant, time)) {
      KmemCache idle = kmem.createCache(CacheSpec.of("idle", 5000));
      List<Long> freed = time.exhaust(idle);
      freed.forEach(idle::free); // its magazine holds a few slabs' worth
      long start = time.nanoTime();
      KmemCache cache = kmem.createCache(CacheSpec.of("short", variant.linux() ? 900_000 : 120_000)); // all there is
      long held = kmem.heldBytes();
      assertTrue(held > 0, "the idle cache holds memory");
      List<Long> all = new ArrayList<>();
      all.add(cache.alloc());
      assertEquals(start, time.nanoTime(), "no wait");
      assertEquals(0, idle.stats().slabs().total());
      all.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
      ConcurrentKit.finish(kmem, idle);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#exactWithDebugged")
  void aSlabBeyondTheLimitIsRefusedAtOnce(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = kmem(variant, time)) {
      KmemCache cache = kmem.createCache(CacheSpec.of("too large", variant.linux() ? 2_000_000 : 200_000));
      KmemException.NoMemory none = assertThrows(KmemException.NoMemory.class, cache::alloc);
      assertTrue(none.getMessage().contains(String.valueOf(LIMIT)), none.getMessage());
      assertEquals(0, time.nanoTime());
      long emergency = cache.alloc(AllocMode.NOSLEEP); // a single object does fit
      assertEquals(variant.linux(), emergency == 0);
      if (emergency != 0) {
        cache.free(emergency);
      }
      time.scheduler.runAll();
      ConcurrentKit.finish(kmem, cache);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void noPatienceAtAllIsLegal(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = kmem(variant, time)) {
      KmemCache cache = kmem.createCache(CacheSpec.of("short", 5000));
      List<Long> all = time.exhaust(cache);
      long start = time.nanoTime();
      kmem.tune(Tunable.ALLOC_TIMEOUT, 0);
      assertThrows(KmemException.NoMemory.class, cache::alloc);
      assertEquals(start, time.nanoTime());
      cache.free(all.removeFirst());
      all.add(cache.alloc());
      all.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
    }
  }

  private static void onAnotherThread(Runnable work) {
    CompletableFuture.runAsync(work, task -> Thread.ofPlatform().start(task)).join();
  }

  /** What lies in the magazine of a thread that is gone is found even by who has no patience: a slab, or an object. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void whatItsOwnReapBringsIsTried(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = kmem(variant, time)) {
      KmemCache cache = kmem.createCache(CacheSpec.of("short", 5000).objectsPerSlab(2));
      List<Long> all = time.exhaust(cache);
      Collections.sort(all);
      kmem.tune(Tunable.ALLOC_TIMEOUT, 0);
      for (int freed = 1; freed <= 2; freed++) {
        List<Long> some = all.subList(0, freed);
        onAnotherThread(() -> some.forEach(cache::free));
        some.replaceAll(_ -> cache.alloc());
        assertThrows(KmemException.NoMemory.class, cache::alloc);
        Collections.sort(all);
      }
      all.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
    }
  }

  /** While a slab is being built its builder cannot use a free one: the constructor may have the pages of that. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#exact")
  void aConstructorGetsThePagesOfItsOwnCache(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> { });
    try (Kmem kmem = variant.builder().clock(time).scheduler(time.scheduler).tunable(Tunable.MEMORY_LIMIT, LIMIT)
        .tunable(Tunable.GROW_IN_CALLER, 1).build()) {
      KmemCache other = kmem.createCache(CacheSpec.of("other", 5000).objectsPerSlab(1));
      KmemCache cache = kmem.createCache(CacheSpec.of("short", 5000).objectsPerSlab(2)
          .hooks((object, priv, mode) -> meanwhile.getAndSet(() -> { }).run(), null, null,
              ConstructorPlacement.PER_SLAB));
      List<Long> all = new ArrayList<>();
      for (long object = cache.alloc(AllocMode.NORETRY); object != 0; object = cache.alloc(AllocMode.NORETRY)) {
        all.add(object);
      }
      Collections.sort(all);
      onAnotherThread(() -> all.subList(0, 2).forEach(cache::free));
      assertTrue(cache.reap() > 0, "room for one slab");
      kmem.tune(Tunable.ALLOC_TIMEOUT, 0);
      List<Long> others = new ArrayList<>();
      meanwhile.set(() -> {
        onAnotherThread(() -> all.subList(2, 4).forEach(cache::free));
        others.add(other.alloc());
      });
      long object = cache.alloc();
      assertEquals(1, others.size());
      cache.free(object);
      others.forEach(other::free);
      all.subList(4, all.size()).forEach(cache::free);
      ConcurrentKit.finish(kmem, other);
      ConcurrentKit.finish(kmem, cache);
    }
  }
}
