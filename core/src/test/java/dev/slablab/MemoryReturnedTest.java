package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.testing.Live;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Variant;
import java.util.Arrays;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A21: what was free goes back to the operating system, measured in resident bytes where the source can tell. */
class MemoryReturnedTest {
  private static final long[] SIZES = {64, 1000, 4096, 20_000, 300_000};

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void residentBytesAreBackAfterFreeReapAndClose(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    long before = kmem.residentBytes();
    assertEquals(variant.arena() ? -1 : 0, before);
    KmemCache[] caches = new KmemCache[SIZES.length];
    Live live = new Live();
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < SIZES.length; i++) {
        caches[i] = kmem.createCache(CacheSpec.of("returned-" + SIZES[i], SIZES[i]));
        for (long bytes = 0; bytes < 1 << 20; bytes += SIZES[i]) {
          live.alloc(caches[i]);
        }
      }
      if (!variant.arena()) {
        assertTrue(kmem.residentBytes() > 3 << 20, "touched: " + kmem.residentBytes());
        assertTrue(kmem.residentBytes() <= kmem.heldBytes());
      }
      live.freeAll();
      long held = kmem.heldBytes();
      long own = Arrays.stream(caches).mapToLong(MemoryReturnedTest::slabBytes).sum();
      assertEquals(held, kmem.caches().stream().mapToLong(MemoryReturnedTest::slabBytes).sum());
      // With red zones no object fills its pages, and every slab has room for its descriptors.
      assertEquals(variant.linux() && variant.level() < 2, own < held, "the rest are slabs of descriptors");
      long reaped = kmem.reap();
      // Without decay Linux slabs that are emptied out of the quarantine go back uncounted.
      long least = variant.level() == 3 && variant.linux() ? 1 : own;
      assertTrue(least <= reaped && reaped <= held, "reap tells how much went back, but for what the frees of"
          + " descriptors gave back meanwhile: " + least + " <= " + reaped + " <= " + held);
      assertEquals(0, kmem.heldBytes());
      assertEquals(before, kmem.residentBytes(), "after reap");
      for (KmemCache cache : caches) {
        cache.close();
      }
      assertEquals(before, kmem.residentBytes(), "after close");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void emptySlabsGoBackWithoutAReap(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(CacheSpec.of("flushed", 4096));
    Live live = new Live();
    for (int i = 0; i < 4_000; i++) {
      live.alloc(cache);
    }
    long peak = kmem.heldBytes();
    live.freeAll();
    // What magazines and the quarantine of level 3 hold keeps slabs: at worst every object a slab of its own.
    long quarantine = variant.level() == 3 ? Math.min(256, (1 << 20) / 4096) : 0;
    long bound = (kmem.cpus() * (long) cache.stats().magazineSize() + quarantine) * cache.stats().mappedSlabBytes();
    if (variant.linux()) { // of which each node keeps as many free ones as free_limit allows
      CacheStats stats = cache.stats();
      long held = stats.objects().inMagazines();
      long cpus = Math.ceilDiv(kmem.cpus(), variant.linuxNodes());
      long freeLimit = (1 + cpus) * ((stats.magazineSize() + 1) / 2) + stats.objectsPerSlab();
      assertTrue(held <= ConcurrentKit.magazineBound(kmem, stats) + quarantine, stats.toString());
      assertTrue(stats.slabs().alloc() <= held, stats.toString());
      long free = stats.slabs().total() - stats.slabs().alloc();
      assertTrue(free <= variant.linuxNodes() * (freeLimit / stats.objectsPerSlab()), stats.toString());
      assertTrue(stats.slabs().total() < stats.slabs().create() / 4, stats.toString());
      assertEquals(kmem.heldBytes(), kmem.caches().stream().mapToLong(MemoryReturnedTest::slabBytes).sum());
      assertTrue(kmem.heldBytes() < peak / 4, kmem.heldBytes() + " of " + peak);
      return;
    }
    assertTrue(kmem.heldBytes() <= Math.min(bound, peak - 1), kmem.heldBytes() + " of " + peak);
    assertEquals(cache.stats().slabs().total(), cache.stats().slabs().alloc(), "no empty slab is kept");
  }

  private static long slabBytes(KmemCache cache) {
    return cache.stats().slabs().total() * cache.stats().mappedSlabBytes();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#splLevels")
  void emergencyPagesGoBackAtFree(Variant variant) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks));
    long before = kmem.residentBytes();
    KmemCache cache = kmem.createCache(CacheSpec.of("emergency", 9_000));
    Live live = new Live();
    for (int i = 0; i < 20; i++) {
      live.alloc(cache, AllocMode.NOSLEEP);
    }
    assertEquals(20 * 16_384, kmem.heldBytes(), "the smallest power-of-two run of pages that holds an object");
    live.freeAll();
    assertEquals(0, kmem.heldBytes());
    assertEquals(before, kmem.residentBytes());
    tasks.runAll();
  }
}
