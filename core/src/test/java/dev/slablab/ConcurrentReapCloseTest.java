package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A15: reap, statistics, tuning, creation and close beside threads that allocate and free. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentReapCloseTest {
  private static final int WORKERS = 6;
  private static final int SIZE = 400;

  /** Another thread's shortage, or memory pressure, reaps a cache whose user knows nothing of it: no corruption. */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void figuresAreExactBesideReapsOfOthers(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    int rounds = ConcurrentKit.count(1_000, 50_000) / (variant.arena() ? 3 : 1);
    try (Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("quiet", SIZE));
      AtomicBoolean working = new AtomicBoolean(true);
      ConcurrentKit.together(2, seed, index -> {
        if (index == 1) {
          while (working.get()) {
            kmem.reap();
          }
          return;
        }
        try {
          long[] objects = new long[50];
          for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < objects.length; i++) {
              objects[i] = cache.alloc();
            }
            for (long object : objects) {
              cache.free(object);
            }
            cache.verify();
            assertEquals(0, cache.stats().objects().inuse());
          }
        } finally {
          working.set(false);
        }
      });
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void reapStatisticsAndNewCachesBesideWorkers(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    int rounds = ConcurrentKit.count(30_000, 1_000_000) / (variant.arena() ? 3 : 1);
    try (Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("busy", SIZE));
      ConcurrentOwners owners = new ConcurrentOwners(SIZE);
      AtomicInteger working = new AtomicInteger(WORKERS);
      ConcurrentKit.together(WORKERS + 4, seed, index -> {
        if (index < WORKERS) {
          try {
            work(cache, owners, ConcurrentKit.random(seed, index), (long) index << 32, rounds);
          } finally {
            working.decrementAndGet();
          }
        }
        while (working.get() > 0) {
          switch (index - WORKERS) {
            case 0 -> cache.reap();
            case 1 -> kmem.reap();
            case 2 -> {
              CacheStats stats = cache.stats();
              assertTrue(stats.slabs().alloc() <= stats.slabs().total(), stats::toString);
              assertFalse(kmem.slabText().isEmpty());
              kmem.tune(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB, 4 + stats.slabs().total() % 8);
            }
            default -> {
              try (KmemCache other = kmem.createCache(
                  CacheSpec.of("passing-" + Thread.currentThread().threadId(), SIZE))) {
                other.free(other.alloc());
                assertTrue(kmem.caches().contains(other));
              }
            }
          }
        }
      });
      assertEquals(List.of(cache), kmem.caches());
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes(), () -> "seed " + seed);
    }
  }

  private static void work(KmemCache cache, ConcurrentOwners owners, SplittableRandom random, long owner, int rounds) {
    long[] mine = new long[100];
    for (int i = 0; i < rounds; i++) {
      int slot = random.nextInt(mine.length);
      if (mine[slot] == 0) {
        mine[slot] = cache.alloc();
        owners.took(mine[slot], owner + slot);
      } else {
        owners.gives(mine[slot], owner + slot);
        cache.free(mine[slot]);
        mine[slot] = 0;
      }
    }
    for (int slot = 0; slot < mine.length; slot++) {
      if (mine[slot] != 0) {
        owners.gives(mine[slot], owner + slot);
        cache.free(mine[slot]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void closingACacheInUseLosesNothingAndReportsOnlyRealLeaks(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    FaultSource source = new FaultSource();
    try (Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).pageSource(source).build()) {
      for (int trial = 0; trial < ConcurrentKit.count(40, 2_000); trial++) {
        KmemCache cache = kmem.createCache(CacheSpec.of("closing", SIZE));
        ConcurrentOwners owners = new ConcurrentOwners(SIZE);
        AtomicBoolean over = new AtomicBoolean();
        ConcurrentKit.together(5, seed, index -> {
          if (index == 0) {
            try {
              closeInUse(cache);
            } finally {
              over.set(true);
            }
            return;
          }
          while (!over.get()) {
            try {
              long object = cache.alloc();
              owners.took(object, index);
              owners.gives(object, index);
              cache.free(object); // it is in use: the cache cannot have been closed, and takes it
            } catch (KmemException.Usage e) {
              assertTrue(e.getMessage().startsWith("alloc"), e.getMessage());
            }
          }
        });
        if (kmem.caches().contains(cache)) {
          ConcurrentKit.finish(kmem, cache);
        }
        assertEquals(0, source.outstanding(), () -> "seed " + seed);
        assertEquals(List.of(), source.wrong());
      }
    }
  }

  private static void closeInUse(KmemCache cache) {
    for (int tries = 0; tries < 100; tries++) {
      try {
        cache.close();
        return;
      } catch (KmemException.Leak e) {
        assertFalse(e.getMessage().contains(": 0 objects in use"), e.getMessage());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void closingTheAllocatorInUseGivesUsageErrorsAndNothingElse(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    for (int trial = 0; trial < ConcurrentKit.count(150, 5_000); trial++) {
      FaultSource source = new FaultSource();
      Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).pageSource(source).build();
      KmemCache cache = kmem.createCache(CacheSpec.of("closing", SIZE));
      ConcurrentKit.together(5, seed, index -> {
        if (index == 0) {
          ConcurrentKit.until(() -> cache.stats().objects().alloc() > 0);
          try {
            kmem.close();
          } catch (KmemException.Leak e) { // of what the others have in hand
          }
          return;
        }
        long[] mine = new long[200]; // their memory is not touched: it may be gone at any moment
        try {
          for (;;) {
            for (int i = 0; i < mine.length; i++) {
              mine[i] = cache.alloc();
            }
            for (long object : mine) {
              cache.free(object);
            }
          }
        } catch (KmemException.Usage e) {
          assertTrue(e.getMessage().contains("closed"), e.getMessage());
        }
      });
      assertTrue(source.isClosed());
      assertEquals(List.of(), source.wrong());
    }
  }
}
