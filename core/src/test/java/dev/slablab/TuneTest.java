package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.OpenKmems;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tunables of a running instance, and what they do. */
class TuneTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private Kmem open() {
    return kmems.open(Kmem.builder().tunables(Tunables.defaults()));
  }

  @Test
  void objectsPerSlabReachesLaterCachesOnly() {
    Kmem kmem = open();
    KmemCache before = kmem.createCache(CacheSpec.of("before", 100).flags(CacheFlag.KVMEM));
    kmem.tune(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB, 3);
    KmemCache after = kmem.createCache(CacheSpec.of("after", 100).flags(CacheFlag.KVMEM));
    KmemCache own = kmem.createCache(CacheSpec.of("own", 100).flags(CacheFlag.KVMEM).objectsPerSlab(5));
    assertEquals(8, before.stats().objectsPerSlab());
    assertEquals(3, after.stats().objectsPerSlab());
    assertEquals(5, own.stats().objectsPerSlab());
    for (KmemCache cache : new KmemCache[] {before, after}) {
      cache.free(cache.alloc());
      assertEquals(cache == before ? 8 : 3, cache.stats().objects().total(), "and so their slabs");
    }
    assertEquals(3, kmem.tunables().get(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB));
  }

  @Test
  void maxSizeReachesLaterCachesOnly() {
    Kmem kmem = open();
    KmemCache before = kmem.createCache(CacheSpec.of("before", 2 << 20));
    kmem.tune(Tunable.SPL_KMEM_CACHE_MAX_SIZE, 1);
    assertThrows(KmemException.Usage.class, () -> kmem.createCache(CacheSpec.of("after", 2 << 20)));
    before.free(before.alloc());
    kmem.tune(Tunable.SPL_KMEM_CACHE_MAX_SIZE, 64);
    kmem.createCache(CacheSpec.of("larger", 40 << 20)).close();
  }

  @Test
  void layoutReachesLaterCachesOnly() {
    Kmem kmem = open();
    long trailer = kmem.createCache(CacheSpec.of("before", 64).flags(CacheFlag.KVMEM).layout(ObjectLayout.TRAILER))
        .stats().objectBytes();
    assertEquals(104, trailer);
    for (ObjectLayout layout : ObjectLayout.values()) {
      kmem.tune(Tunable.OBJECT_LAYOUT, layout.ordinal());
      assertEquals(layout == ObjectLayout.TRAILER ? 104 : 64,
          kmem.createCache(CacheSpec.of("after", 64).flags(CacheFlag.KVMEM)).stats().objectBytes());
      assertEquals(64, kmem.createCache(CacheSpec.of("own", 64).flags(CacheFlag.KVMEM).layout(ObjectLayout.OUT_OF_BAND))
          .stats().objectBytes(), "the cache's own wish wins");
    }
  }

  @Test
  void fixedRowsTakeEffectWhenTheInstanceIsBuilt() {
    Kmem kmem = kmems.open(Kmem.builder().tunables(Tunables.defaults())
        .tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 12)
        .tunable(Tunable.POSSIBLE_CPUS, 3)
        .tunable(Tunable.MAGAZINE_PLACEMENT, MagazinePlacement.HASHED.ordinal())
        .tunable(Tunable.PAGE_SOURCE, 1)
        .tunable(Tunable.MEMORY_LIMIT, 1 << 20));
    assertEquals(12, kmem.createCache(CacheSpec.of("c", 64).flags(CacheFlag.KVMEM)).stats().magazineSize());
    assertEquals(3, kmem.cpus());
    assertEquals(MagazinePlacement.HASHED, kmem.placement());
    assertEquals(true, kmem.pageSource().contains("arenas"), kmem.pageSource());
    assertEquals(true, kmem.pageSource().contains("memory_limit = 1048576"), kmem.pageSource());
  }

  @Test
  void aRefusedValueChangesNothing() {
    Kmem kmem = open();
    for (Tunable row : Tunable.values()) {
      assertThrows(KmemException.Usage.class, () -> kmem.tune(row, row.min - 1), row.key());
      assertEquals(row.defaultValue, kmem.tunables().get(row));
    }
  }

  @Test
  void everyWritableRowTakesItsEdges() {
    Kmem kmem = open();
    for (Tunable row : Tunable.values()) {
      if (row.writable) {
        for (long value : new long[] {row.min, row.max, row.defaultValue}) {
          kmem.tune(row, value);
          assertEquals(value, kmem.tunables().get(row), row.key());
        }
      }
    }
    assertEquals(8, kmem.createCache(CacheSpec.of("c", 64).flags(CacheFlag.KVMEM)).stats().objectsPerSlab());
  }

  @Test
  void instancesDoNotShareTunables() {
    Kmem one = open();
    Kmem two = open();
    one.tune(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB, 2);
    assertEquals(8, two.tunables().get(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB));
    assertEquals(8, Tunables.defaults().get(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB));
  }
}
