package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Live;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.QuietPoint;
import dev.slablab.testing.Seeds;
import dev.slablab.testing.Variant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A22: the statistics are exact at every quiet point. */
class StatisticsTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void figuresAddUpAfterEveryOperation(Variant variant) {
    Seeds.run(random -> {
      ManualScheduler tasks = new ManualScheduler();
      Kmem kmem = kmems.open(variant.builder().scheduler(tasks)
          .tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 2 + random.nextInt(7)));
      KmemCache cache = kmem.createCache(CacheSpec.of("figures", 1 + random.nextInt(2_000))
          .objectsPerSlab(1 + random.nextInt(9)));
      Live live = new Live();
      long objectHighWater = 0;
      long slabHighWater = 0;
      long emergencyHighWater = 0;
      for (int step = 0; step < 2_000; step++) {
        switch (random.nextInt(20)) {
          case 0 -> cache.reap();
          case 1, 2, 3 -> tasks.runAll();
          default -> {
            if (live.size() == 0 || random.nextInt(100) < 51) {
              live.alloc(cache, AllocMode.NOSLEEP);
            } else {
              live.freeAny(random);
            }
          }
        }
        CacheStats stats = cache.stats();
        QuietPoint.check(stats);
        assertEquals(live.size(), stats.objects().inuse());
        objectHighWater = Math.max(objectHighWater, stats.objects().alloc());
        slabHighWater = Math.max(slabHighWater, stats.slabs().alloc());
        emergencyHighWater = Math.max(emergencyHighWater, stats.emergency().current());
        assertTrue(stats.objects().max() >= objectHighWater);
        assertTrue(stats.slabs().max() >= slabHighWater);
        assertEquals(emergencyHighWater, stats.emergency().max());
        cache.verify();
      }
      live.freeAll();
      tasks.runAll();
      cache.reap();
      CacheStats end = cache.stats();
      assertEquals(0, end.slabs().total());
      assertEquals(0, end.slabs().alloc());
      assertEquals(0, end.objects().total());
      assertEquals(0, end.objects().alloc());
      assertEquals(0, end.objects().inMagazines());
      assertEquals(0, end.emergency().current());
      assertEquals(end.slabs().create(), end.slabs().destroy());
      assertEquals(end.objects().allocated(), end.objects().freed());
    });
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#exact")
  void theShapeOfACacheIsReported(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    CacheStats stats = kmem.createCache(CacheSpec.of("shape", 1000).align(64).objectsPerSlab(20)).stats();
    boolean trailer = variant.layout() == ObjectLayout.TRAILER;
    assertEquals("shape", stats.name());
    assertEquals(1000, stats.entrySize());
    assertEquals(trailer ? 1024 + 64 : 1024, stats.objectBytes());
    assertEquals(20, stats.objectsPerSlab());
    assertEquals(trailer ? 64 + 20 * 1088 : 20 * 1024, stats.slabBytes());
    assertEquals(trailer ? 24_576 : 20_480, stats.mappedSlabBytes());
    assertEquals(trailer ? 128 : 256, stats.magazineSize(), "above a quarter of a page it is halved");
    assertEquals(0, stats.wasteBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#allExact")
  void wasteIsWhatNoObjectUses(Variant variant) {
    // The specification's example: small objects fill 896 bytes of a 4 KiB page, trailers included.
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(CacheSpec.of("waste", 64));
    long object = cache.alloc();
    CacheStats stats = cache.stats();
    if (variant.linux()) {
      assertEquals(4096, stats.slabBytes());
      assertEquals(4096 - 59 * 64, stats.wasteBytes(), "descriptor, 59 links, padding");
    } else {
      assertEquals(variant.layout() == ObjectLayout.TRAILER ? 896 : 512, stats.slabBytes());
      assertEquals(4096 - 8 * 64, stats.wasteBytes());
    }
    cache.free(object);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#counted")
  void countersMoveStepByStep(Variant variant) {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.POSSIBLE_CPUS, 1)
        .tunable(Tunable.MAGAZINE_PLACEMENT, MagazinePlacement.HASHED.ordinal())
        .tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 4));
    KmemCache cache = kmem.createCache(CacheSpec.of("steps", 100).objectsPerSlab(3));
    long[] live = new long[4];
    for (int i = 0; i < 4; i++) {
      live[i] = cache.alloc();
    }
    // Slabs of 3, batches of 2: took 2; popped 1; took the third alone; a second slab, took 2.
    expect(cache.stats(), new CacheStats.Slabs(2, 2, 2, 2, 0, 0), new CacheStats.Objects(6, 5, 5, 4, 1, 4, 0));
    for (long object : live) {
      cache.free(object);
    }
    // The magazine got full at the third free; the fourth flushed the two oldest entries: none emptied a slab.
    CacheStats freed = cache.stats();
    assertEquals(3, freed.objects().inMagazines());
    assertEquals(0, freed.objects().inuse());
    assertEquals(4, freed.objects().freed());
    cache.reap();
    expect(cache.stats(), new CacheStats.Slabs(0, 0, 2, 2, 2, 0), new CacheStats.Objects(0, 0, 5, 0, 0, 4, 4));
  }

  private static void expect(CacheStats stats, CacheStats.Slabs slabs, CacheStats.Objects objects) {
    assertEquals(slabs, stats.slabs());
    assertEquals(objects, stats.objects());
    assertEquals(new CacheStats.Emergency(0, 0, 0), stats.emergency());
  }

  @Test
  void kvmemTotalsAreTheSumsOverCaches() {
    try (Kmem kmem = Kmem.create(); KmemCache one = kmem.createCache(CacheSpec.of("one", 100).flags(CacheFlag.KVMEM));
        KmemCache two = kmem.createCache(CacheSpec.of("two", 5000).flags(CacheFlag.KVMEM))) {
      long first = one.alloc();
      long second = two.alloc();
      CacheStats.Totals totals = kmem.totals(CacheType.KVMEM);
      long objects = 100 * one.stats().objects().alloc() + 5000 * two.stats().objects().alloc();
      assertEquals(one.stats().slabBytes() * one.stats().slabs().total()
          + two.stats().slabBytes() * two.stats().slabs().total(), totals.total());
      assertEquals(objects, totals.alloc());
      assertEquals(objects, totals.max());
      one.free(first);
      two.free(second);
    }
  }
}
