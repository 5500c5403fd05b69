package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.FailingPageSource;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A17: the N-th request for pages fails (then: fails and the next ones with it), for N = 1, 2, … until the history runs
 * through without a failure. After every N all invariants hold and nothing has leaked.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultNthRequestTest {
  /** What fails: requests from, to (exclusive), counted from 1; how it fails: with none, or with an exception. */
  private record Plan(int from, int to, boolean thrown) {}

  private static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** One history; returns the requests that were made. */
  private static int play(Variant variant, ConstructorPlacement when, Plan plan, CacheFlag... flags) {
    AtomicInteger requests = new AtomicInteger();
    AtomicInteger constructed = new AtomicInteger();
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = variant.builder().clock(time).scheduler(time.scheduler)
        .decorate(source -> new FailingPageSource(source, (bytes, area) -> {
          int n = requests.incrementAndGet();
          boolean fails = n >= plan.from && n < plan.to;
          if (fails && plan.thrown) {
            throw new Broken();
          }
          return fails;
        })).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("nth", 3000).flags(flags).hooks(
          (object, priv, mode) -> constructed.incrementAndGet(),
          (object, priv) -> constructed.decrementAndGet(), null, when));
      List<Long> live = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        live.add(alloc(cache, AllocMode.SLEEP));
      }
      for (int i = 0; i < 12; i++) { // emergency objects among them: the task runs at every third only
        live.add(alloc(cache, AllocMode.NOSLEEP));
        if (i % 3 == 2) {
          time.scheduler.runAll();
        }
      }
      cache.verify();
      assertEquals(live.size(), cache.stats().objects().inuse());
      assertEquals(live.size(), live.stream().distinct().count());
      for (int i = 0; i < 16; i++) {
        cache.free(live.remove(live.size() / 2));
      }
      time.scheduler.runAll();
      cache.reap();
      ConcurrentKit.quiet(kmem, cache, live.size());
      for (int i = 0; i < 30; i++) {
        live.add(alloc(cache, i % 2 == 0 ? AllocMode.SLEEP : AllocMode.NOSLEEP));
      }
      time.scheduler.runAll();
      ConcurrentKit.quiet(kmem, cache, live.size());
      if (when == ConstructorPlacement.PER_ALLOCATION) {
        assertEquals(live.size(), constructed.get());
      }
      live.forEach(cache::free);
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, constructed.get());
      assertEquals(0, kmem.heldBytes());
    }
    return requests.get();
  }

  /** Retries what failed, as the caller of a failing operation would. */
  private static long alloc(KmemCache cache, AllocMode mode) {
    for (int tries = 0; tries < 100; tries++) {
      try {
        long object = cache.alloc(mode);
        if (object != 0) {
          return object;
        }
        assertEquals(AllocMode.NOSLEEP, mode, "SLEEP never returns none");
      } catch (Broken e) {
        cache.verify();
      }
    }
    throw new AssertionError("no object after 100 tries");
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void everyRequestFailsOnce(Variant variant) {
    for (ConstructorPlacement when : ConstructorPlacement.values()) {
      // So many requests in a row; OFFSLAB makes nine times as many.
      for (int run : variant.type() == CacheType.OFFSLAB && !Variant.FULL ? new int[] {2} : new int[] {1, 2, 7}) {
        for (boolean thrown : new boolean[] {false, true}) {
          int n = 1;
          while (play(variant, when, new Plan(n, n + run, thrown)) >= n) {
            n++;
          }
          assertTrue(n > 8, "the history makes requests: " + n);
        }
      }
    }
  }

  /** Linux, debugged: with POISON the hooks run at every allocation whatever was asked for. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#linuxes")
  void everyRequestOfADebuggedCacheFailsOnce(Variant variant) {
    for (CacheFlag[] flags : new CacheFlag[][] {{CacheFlag.RED_ZONE, CacheFlag.STORE_USER},
        {CacheFlag.POISON, CacheFlag.RED_ZONE, CacheFlag.STORE_USER}}) {
      for (ConstructorPlacement when : ConstructorPlacement.values()) {
        for (boolean thrown : new boolean[] {false, true}) {
          int n = 1;
          while (play(variant, when, new Plan(n, n + 2, thrown), flags) >= n) {
            n++;
          }
          assertTrue(n > 8, "the history makes requests: " + n);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void creationTakesNoPagesAndFailureOfAllIsClean(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    AtomicInteger requests = new AtomicInteger();
    try (Kmem kmem = variant.builder().clock(time).scheduler(time.scheduler)
        .decorate(source -> new FailingPageSource(source, (bytes, area) -> requests.incrementAndGet() > 0)).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("none", 3000));
      assertEquals(0, requests.get());
      assertEquals(0, cache.alloc(AllocMode.NOSLEEP));
      time.scheduler.runAll();
      assertThrows(KmemException.NoMemory.class, cache::alloc);
      assertNotEquals(0, cache.stats().slabs().fail());
      ConcurrentKit.finish(kmem, cache);
    }
  }
}
