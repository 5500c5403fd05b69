package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A11 under concurrency: NOSLEEP, an exhausted limit, and free objects that the other threads carry about. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentNosleepTest {
  private static final int THREADS = 4;
  private static final int FREE = 64;

  /** Returns how many of a million allocations failed. */
  private static double failures(Variant variant, int magazine) throws InterruptedException {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = variant.builder().clock(time).scheduler(time.scheduler).tunable(Tunable.POSSIBLE_CPUS, THREADS)
        .tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, magazine)
        .tunable(Tunable.MEMORY_LIMIT, variant.type() == CacheType.OFFSLAB ? 4 << 20 : 1 << 20).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("full", 1024));
      List<Long> all = time.exhaust(cache);
      for (int i = 0; i < FREE; i++) {
        cache.free(all.remove(7 * i)); // one of eight, so that no slab empties
      }
      AtomicLong failed = new AtomicLong();
      int rounds = ConcurrentKit.count(250_000, 2_000_000);
      ConcurrentKit.together(THREADS, 0, index -> {
        for (int i = 0; i < rounds; i++) {
          long object = cache.alloc(AllocMode.NOSLEEP);
          if (object == 0) {
            failed.incrementAndGet();
          } else {
            cache.free(object);
          }
        }
      });
      all.forEach(cache::free);
      time.scheduler.runAll();
      ConcurrentKit.finish(kmem, cache);
      return failed.get() * 1e6 / ((double) THREADS * rounds);
    }
  }

  /**
   * The three others have at most 36 in a section (a magazine of 8) or in hand (a batch of 4): some are at rest.
   * (Linux's arrays hold 54.)
   */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#splVariants")
  void nosleepDoesNotFailWhileObjectsAreAtRest(Variant variant) throws InterruptedException {
    assertEquals(0, failures(variant, 8), "failures per million");
  }

  /**
   * With a batch of 64 a single refill carries all that is free, for a few microseconds, and NOSLEEP cannot wait for
   * whoever does that to be scheduled again; but it must not take the first "none" for an answer.
   */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void nosleepHardlyFailsWhileObjectsAreOnTheirWay(Variant variant) throws InterruptedException {
    double failures = failures(variant, 128);
    assertTrue(failures < 20_000, "failures per million: " + failures); // up to 80,000 without the repeated look
  }
}
