package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cut-off only chooses a default. */
class TypeChoiceTest {
  @ParameterizedTest
  @CsvSource({
    "16384, 1, SLAB", "16384, 16383, SLAB", "16384, 16384, SLAB", "16384, 16385, KVMEM", "16384, 33554432, KVMEM",
    "0, 1, KVMEM", "0, 16384, KVMEM",
    "1, 1, SLAB", "1, 2, KVMEM",
    "4194304, 4194304, SLAB", "4194304, 4194305, KVMEM"})
  void theRawSizeDecides(long limit, long size, CacheType expected) {
    Tunables tunables = Tunables.defaults().with(Tunable.SPL_KMEM_CACHE_SLAB_LIMIT, limit);
    assertEquals(expected, TypeChoice.choose(CacheSpec.of("c", size), tunables));
    assertEquals(expected, TypeChoice.choose(CacheSpec.of("c", size).align(4096), tunables), "alignment is no size");
    assertEquals(expected, TypeChoice.choose(CacheSpec.of("c", size).flags(CacheFlag.NODEBUG, CacheFlag.RECLAIMABLE),
        tunables));
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "16384", "4194304"})
  void anExplicitTypeWins(long limit) {
    Tunables tunables = Tunables.defaults().with(Tunable.SPL_KMEM_CACHE_SLAB_LIMIT, limit);
    for (long size : new long[] {1, 16384, 16385, 4 << 20, 32 << 20}) {
      assertEquals(CacheType.SLAB, TypeChoice.choose(CacheSpec.of("c", size).flags(CacheFlag.SLAB), tunables));
      assertEquals(CacheType.KVMEM, TypeChoice.choose(CacheSpec.of("c", size).flags(CacheFlag.KVMEM), tunables));
      assertEquals(CacheType.SLAB, TypeChoice.choose(CacheSpec.of("c", size).flags(CacheFlag.POISON), tunables),
          "Linux's flags ask for it");
    }
  }

  @Test
  void theDefaultCutOffIs16KiB() {
    assertEquals(CacheType.SLAB, TypeChoice.choose(CacheSpec.of("c", 16384), Tunables.defaults()));
    assertEquals(CacheType.KVMEM, TypeChoice.choose(CacheSpec.of("c", 16385), Tunables.defaults()));
  }
}
