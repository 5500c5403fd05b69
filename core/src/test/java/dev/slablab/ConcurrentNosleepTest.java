package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A11 under concurrency: with the limit exhausted and more free objects than the other threads can have in their hands,
 * at every moment some lie in a slab or in a magazine that nobody works on; NOSLEEP must find one.
 */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentNosleepTest {
  private static final int THREADS = 4;
  /** More than the three others can have in a section (a magazine of 128) and in hand (a batch of 64): some are at rest. */
  private static final int FREE = 600;

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void nosleepDoesNotFailWhileObjectsAreFree(Variant variant) throws InterruptedException {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = variant.builder().clock(time).scheduler(time.scheduler).tunable(Tunable.POSSIBLE_CPUS, THREADS)
        .tunable(Tunable.MEMORY_LIMIT, 2 << 20).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("full", 1024));
      List<Long> all = time.exhaust(cache);
      for (int i = 0; i < FREE; i++) {
        cache.free(all.remove(i / 6 * 2)); // six of eight, so that no slab empties
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
      assertEquals(0, failed.get(), "of " + (long) THREADS * rounds + " allocations failed, with " + (FREE - THREADS)
          + " or more objects free all the time");
    }
  }
}
