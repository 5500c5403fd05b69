package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** NORETRY builds slabs, makes no emergency objects, and ends where memory ends. The clock stands: who waits hangs. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class NoretryTest {
  private static Kmem kmem(Variant variant, long limit) {
    return variant.builder().clock(new ManualClock()).tunable(Tunable.GROW_IN_CALLER, 1)
        .tunable(Tunable.MEMORY_LIMIT, limit).build();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void itEndsWhereMemoryEndsAndWaitsForNobody(Variant variant) {
    long limit = variant.type() == CacheType.OFFSLAB ? 4 << 20 : 1 << 20; // a page for each object
    try (Kmem kmem = kmem(variant, limit); KmemCache cache = kmem.createCache(CacheSpec.of("full", 1000))) {
      List<Long> all = new ArrayList<>();
      for (long object = cache.alloc(AllocMode.NORETRY); object != 0; object = cache.alloc(AllocMode.NORETRY)) {
        all.add(object);
      }
      assertTrue(all.size() > 500, all.size() + " objects of 1000 bytes");
      assertEquals(0, cache.stats().emergency().max());
      cache.free(all.removeLast());
      all.add(cache.alloc(AllocMode.NORETRY));
      assertTrue(all.getLast() != 0, "an object was free");
      assertEquals(0, kmem.alloc(8 << 20, AllocMode.NORETRY), "a page run beyond the limit");
      kmem.verify();
      all.forEach(cache::free);
    }
  }

  /** With NOSLEEP each descriptor would be an emergency object, which takes a page. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#linuxes")
  void descriptorsOffTheSlabLieInSlabs(Variant variant) {
    try (Kmem kmem = kmem(variant, 0);
        KmemCache cache = kmem.createCache(CacheSpec.of("off", 4096).flags(CacheFlag.SLAB))) {
      List<Long> all = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        all.add(cache.alloc());
      }
      assertTrue(kmem.caches().size() > 1, "the descriptors' cache");
      kmem.caches().forEach(one -> assertEquals(0, one.stats().emergency().max(), one.spec().name()));
      kmem.verify();
      all.forEach(cache::free);
    }
  }
}
