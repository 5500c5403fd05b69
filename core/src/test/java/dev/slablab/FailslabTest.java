package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.FailslabPageSource;
import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pages refused by chance, under every type and placement: whatever happens, nothing is lost and nothing breaks. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FailslabTest {
  /** What a test allocates and frees by; time is played. */
  private static final class Rig implements AutoCloseable {
    final GrowthSimulation time = new GrowthSimulation();
    final Kmem kmem;
    final Live live = new Live();
    final List<Long> blocks = new ArrayList<>();
    final AtomicLong constructed = new AtomicLong();
    FailslabPageSource pages;
    FaultSource books;

    Rig(Variant variant, long seed, int timeoutMillis) {
      kmem = variant.builder().clock(time).scheduler(time.scheduler).tunable(Tunable.ALLOC_TIMEOUT, timeoutMillis)
          .tunable(Tunable.SLAB_DECAY, seed % 2 == 0 ? 0 : 1000)
          .tunable(Tunable.GROW_IN_CALLER, seed / 2 % 2 == 0 ? 0 : 1).decorate(source -> {
            books = new FaultSource(source);
            pages = new FailslabPageSource(books, seed);
            return pages;
          }).build();
    }

    CacheSpec hooked(String name, long size) {
      return CacheSpec.of(name, size).hooks((_, _, _) -> constructed.incrementAndGet(),
          (_, _) -> constructed.decrementAndGet(), null, ConstructorPlacement.PER_SLAB);
    }

    /** All goes back, with not a page left and no run freed twice. */
    @Override
    public void close() {
      pages.off();
      live.freeAll();
      blocks.forEach(kmem::free);
      time.scheduler.runAll();
      OpenKmems.check(kmem);
      kmem.reap();
      kmem.close();
      assertEquals(0, kmem.heldBytes());
      assertEquals(0, constructed.get(), "constructed - destroyed");
      assertEquals(List.of(), books.wrong());
      assertTrue(books.isClosed());
    }
  }

  /** Probability, interval, times, space and filter, each drawn anew. */
  private static void draw(Random random, FailslabPageSource pages, List<KmemCache> caches) {
    KmemCache one = caches.get(random.nextInt(caches.size()));
    LongPredicate whose = random.nextBoolean() ? _ -> true : of(one);
    pages.set(1 + random.nextInt(100), 1 + random.nextInt(4), random.nextInt(8) - 1,
        random.nextInt(3) * 10L * one.stats().mappedSlabBytes(), whose);
  }

  /** What a cache asks the page source for: slabs, the blocks of OFFSLAB, emergency objects. */
  private static LongPredicate of(KmemCache cache) {
    CacheStats stats = cache.stats();
    long emergency = Math.max(4096, Long.highestOneBit(2 * stats.entrySize() - 1));
    return bytes -> bytes == stats.slabBytes() || bytes == stats.mappedSlabBytes() || bytes == stats.objectBytes()
        || bytes == emergency;
  }

  private static void step(Random random, Rig rig, List<KmemCache> caches) {
    KmemCache cache = caches.get(random.nextInt(caches.size()));
    int what = random.nextInt(100);
    if (what < 40) {
      AllocMode mode = AllocMode.values()[random.nextInt(AllocMode.values().length)];
      long object = 0;
      try {
        object = cache.alloc(mode);
        assertTrue(object != 0 || !mode.mayRetry(), "SLEEP never returns none");
      } catch (KmemException.NoMemory e) {
        assertTrue(mode.mayRetry(), mode + " throws nothing");
      }
      if (object != 0) {
        cache.free(object);
        rig.live.alloc(cache); // the same, most often
      }
    } else if (what < 75) {
      for (int i = random.nextInt(12); i > 0 && rig.live.size() > 0; i--) {
        rig.live.freeAny(random);
      }
    } else if (what < 80) {
      long[] bulk = new long[40];
      int got = 0;
      try {
        got = cache.alloc(bulk, 0, bulk.length, AllocMode.NOSLEEP);
      } finally {
        cache.free(bulk, 0, got);
      }
    } else if (what < 90) {
      general(random, rig);
    } else if (what < 95) {
      cache.reap();
    } else {
      rig.time.scheduler.runAll();
    }
  }

  private static void general(Random random, Rig rig) {
    long size = 1L << random.nextInt(19);
    try {
      long block = random.nextBoolean() ? rig.kmem.alloc(size, AllocMode.NOSLEEP) : rig.kmem.allocZeroed(size);
      if (block != 0) {
        rig.blocks.add(block);
      }
      if (rig.blocks.size() > 20) {
        int index = random.nextInt(rig.blocks.size());
        rig.blocks.set(index, rig.kmem.realloc(rig.blocks.get(index), 2 * size));
        rig.kmem.free(rig.blocks.removeFirst());
      }
    } catch (KmemException.NoMemory e) {
      // what there was stays as it was
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void randomHistories(Variant variant) {
    Seeds.run(random -> {
      long refused = 0;
      for (int history = 0; history < ConcurrentKit.count(4, 200); history++) {
        try (Rig rig = new Rig(variant, random.nextLong() >>> 1, 50)) {
          List<KmemCache> caches = List.of(rig.kmem.createCache(rig.hooked("small", 300)),
              rig.kmem.createCache(CacheSpec.of("page", 5000)), rig.kmem.createCache(rig.hooked("large", 70_000)));
          for (int i = 0; i < 600; i++) {
            if (i % 40 == 0) {
              draw(random, rig.pages, caches);
            }
            try {
              step(random, rig, caches);
            } catch (KmemException.NoMemory e) {
              // in the second allocation of a step
            }
            if (i % 50 == 0) {
              rig.kmem.verify();
              rig.live.checkAll();
            }
          }
          refused += rig.pages.refused();
        }
      }
      assertTrue(refused > 20, "requests refused: " + refused);
    });
  }

  /** The filter: one cache gets nothing, its neighbour all it wants. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void oneCacheAloneIsRefused(Variant variant) {
    try (Rig rig = new Rig(variant, 0, 0)) {
      KmemCache poor = rig.kmem.createCache(CacheSpec.of("poor", 70_000));
      KmemCache rich = rig.kmem.createCache(CacheSpec.of("rich", 3000));
      rig.pages.set(100, 1, -1, 0, of(poor));
      for (int i = 0; i < 100; i++) {
        rig.live.alloc(rich);
      }
      assertEquals(0, rig.pages.refused());
      assertEquals(0, poor.alloc(AllocMode.NOSLEEP));
      assertThrows(KmemException.NoMemory.class, poor::alloc);
      assertTrue(rig.pages.refused() >= 2);
      rig.pages.off();
      rig.live.alloc(poor);
    }
  }

  /** Many threads, the machine's clock: refusals at every turn, and not an object lost or given twice. */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void amongThreads(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    FailslabPageSource[] pages = new FailslabPageSource[1];
    AtomicLong failed = new AtomicLong();
    try (Kmem kmem = variant.builder().tunable(Tunable.ALLOC_TIMEOUT, 0).tunable(Tunable.GROW_IN_CALLER, 1)
        .tunable(Tunable.MAGAZINE_DEPOT, 2).decorate(source -> {
          pages[0] = new FailslabPageSource(source, seed);
          return pages[0];
        }).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("refused", 6000));
      ConcurrentOwners owners = new ConcurrentOwners(6000);
      pages[0].set(30, 1, -1, 0, _ -> true);
      ConcurrentKit.together(4, seed, index -> {
        SplittableRandom random = ConcurrentKit.random(seed, index);
        long[] mine = new long[50];
        for (int round = 0; round < ConcurrentKit.count(40, 4000); round++) {
          for (int i = 0; i < mine.length; i++) {
            try {
              mine[i] = cache.alloc(AllocMode.values()[random.nextInt(4)]);
            } catch (KmemException.NoMemory e) {
              mine[i] = 0;
            }
            failed.addAndGet(mine[i] == 0 ? 1 : 0);
            if (mine[i] != 0) {
              owners.took(mine[i], ((long) index << 32) | i);
            }
          }
          for (int i = 0; i < mine.length; i++) {
            if (mine[i] != 0) {
              owners.gives(mine[i], ((long) index << 32) | i);
              cache.free(mine[i]);
            }
          }
          Arrays.fill(mine, 0);
          if (round % 8 == index) {
            cache.reap();
          }
        }
      });
      pages[0].off();
      ConcurrentKit.until(() -> cache.stats().states().isEmpty());
      assertTrue(pages[0].refused() > 0 && failed.get() > 0, pages[0].refused() + " refused, " + failed + " failed");
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes());
    }
  }
}
