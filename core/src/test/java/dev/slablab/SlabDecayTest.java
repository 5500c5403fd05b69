package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.Variant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Empty slabs stay while bursts need them, go when they were not needed for a while, and all go with a reap. */
class SlabDecayTest {
  private static final long SECOND = 1_000_000_000;
  private static final int BURST = 64;

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#counted")
  void whatABurstNeedsStaysAndTheRestGoes(Variant variant) {
    ManualClock clock = new ManualClock();
    try (Kmem kmem = variant.builder().clock(clock).tunable(Tunable.SLAB_DECAY, 1000).tunable(Tunable.GROW_IN_CALLER, 1)
        .tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 2).tunable(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB, 4).build();
        KmemCache cache = kmem.createCache(CacheSpec.of("burst", 1000))) {
      burst(cache, BURST);
      long built = cache.stats().slabs().create();
      assertTrue(built >= BURST / 4, "slabs built = " + built);
      burst(cache, BURST);
      assertEquals(built, cache.stats().slabs().create(), "the second burst finds the first one's slabs");

      clock.advance(2 * SECOND); // a new period: all slabs were needed in the last one, by the burst
      burst(cache, 8);
      clock.advance(2 * SECOND); // in this one only two or three
      burst(cache, 8);
      assertTrue(cache.stats().slabs().total() <= 4, "slabs = " + cache.stats().slabs().total());
      assertTrue(cache.stats().slabs().destroy() >= BURST / 4 - 4);
      cache.verify();

      long _ = cache.reap();
      assertEquals(0, kmem.heldBytes(), "a reap leaves nothing");
    }
  }

  private static void burst(KmemCache cache, int n) {
    long[] objects = new long[n];
    assertEquals(n, cache.alloc(objects, 0, n, AllocMode.SLEEP));
    cache.free(objects, 0, n);
  }
}
