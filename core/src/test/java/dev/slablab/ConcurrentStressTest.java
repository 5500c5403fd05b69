package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.slablab.page.Memory;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A8 and A2 under load: 32 threads on one cache, started together; nobody gets what another holds. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentStressTest {
  private static final int THREADS = 32;
  private static final long LIVE_BYTES = 256L << 20;
  private static final long[] SIZES = {32, 1000, 16_384, 1 << 20};
  private static final int[] COUNTS = {1, 32, 1024};

  /** Each size under each variant; the counts in turn in CI, all of them if asked to. */
  static List<Arguments> rounds() {
    List<Arguments> all = new ArrayList<>();
    int turn = 0;
    for (long size : SIZES) {
      for (Variant variant : ConcurrentKit.variants()) {
        for (int i = 0; i < (Variant.FULL ? COUNTS.length : 1); i++) {
          all.add(Arguments.of(variant, size, COUNTS[turn++ % COUNTS.length]));
        }
      }
      turn++;
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("rounds")
  void nobodyGetsWhatAnotherHolds(Variant variant, long size, int count) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    int live = (int) Math.min(count, LIVE_BYTES / THREADS / size);
    int rounds = Math.max(2, ConcurrentKit.count(3_000, 15_000) / live / (size > 100_000 ? 20 : 1));
    try (Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("stress", size));
      ConcurrentOwners owners = new ConcurrentOwners(size);
      long alone = System.nanoTime();
      ConcurrentKit.together(1, seed, index -> play(cache, owners, seed, index, live, rounds));
      alone = System.nanoTime() - alone;
      long together = System.nanoTime();
      ConcurrentKit.together(THREADS, seed, index -> play(cache, owners, seed, index, live, rounds));
      together = System.nanoTime() - together;
      System.out.printf("A8 %s, %d B, %d live each: %d threads take %.1f times as long as one%n", variant, size, live,
          THREADS, (double) together / alone);
      assertEquals(2L * 33 * live * rounds,
          cache.stats().objects().allocated() + cache.stats().objects().freed(), () -> "seed " + seed);
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes());
    }
  }

  private static void play(KmemCache cache, ConcurrentOwners owners, long seed, int index, int live, int rounds) {
    SplittableRandom random = ConcurrentKit.random(seed, index);
    long[] mine = new long[live];
    for (int round = 0; round < rounds; round++) {
      long owner = ((long) index << 32) | round;
      for (int i = 0; i < live; i++) {
        mine[i] = cache.alloc();
        owners.took(mine[i], owner);
      }
      for (int left = live; left > 0; left--) { // in any order
        int pick = random.nextInt(left);
        owners.gives(mine[pick], owner);
        cache.free(mine[pick]);
        mine[pick] = mine[left - 1];
      }
    }
  }

  static List<Arguments> placements() {
    List<Arguments> all = new ArrayList<>();
    for (Variant variant : ConcurrentKit.variants()) {
      for (ConstructorPlacement when : ConstructorPlacement.values()) {
        all.add(Arguments.of(variant, when));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("placements")
  void everyObjectConstructedIsDestructed(Variant variant, ConstructorPlacement when) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    AtomicLong constructed = new AtomicLong();
    AtomicLong destructed = new AtomicLong();
    Object priv = new Object();
    long size = 512;
    // Live through construction: the word in the middle says so.
    try (Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("hooked", size).hooks((object, given, mode) -> {
        assertEquals(priv, given);
        assertNotEquals(object, Memory.getLong(object + 256), "constructed twice");
        Memory.putLong(object + 256, object);
        constructed.incrementAndGet();
      }, (object, given) -> {
        assertEquals(priv, given);
        assertEquals(object, Memory.getLong(object + 256), "destructed before construction");
        Memory.putLong(object + 256, 0);
        destructed.incrementAndGet();
      }, priv, when));
      ConcurrentOwners owners = new ConcurrentOwners(size);
      int rounds = ConcurrentKit.count(40, 1_000);
      ConcurrentKit.together(8, seed, index -> {
        if (index == 0) {
          for (int i = 0; i < rounds; i++) {
            cache.reap();
          }
        } else {
          play(cache, owners, seed, index, 200, rounds);
        }
      });
      if (when == ConstructorPlacement.PER_ALLOCATION) {
        assertEquals(0, constructed.get() - destructed.get(), () -> "seed " + seed);
        assertEquals(7L * 200 * rounds, constructed.get());
      }
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, constructed.get() - destructed.get(), () -> "seed " + seed);
    }
  }
}
