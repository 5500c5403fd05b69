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

  /** Spec. §5: in 0.6.5.9 what is above the cut-off is KMEM up to a limit that counts the trailer, else VMEM. */
  @ParameterizedTest
  @CsvSource({
    "4096, 1, SLAB", "4096, 16384, SLAB", "4096, 16385, VMEM",
    "16384, 1, KMEM", "16384, 8152, KMEM", "16384, 8153, VMEM", "16384, 16384, VMEM",
    "65536, 32728, KMEM", "65536, 32729, VMEM", "65536, 9223372036854775807, VMEM"})
  void theOlderGenerationsChoiceDependsOnThePage(int page, long size, CacheType expected) {
    Tunables old = Tunables.defaults().with(Tunable.GENERATION, 2).onPages(page);
    assertEquals(expected, TypeChoice.choose(CacheSpec.of("c", size), old));
  }

  @ParameterizedTest
  @CsvSource({"0, 2048, 2008, KVMEM", "1, 2048, 2008, KMEM", "1, 2048, 2009, VMEM", "1, 0, 1, VMEM",
      "2, 2048, 8, OFFSLAB"})
  void aboveTheCutOffTheTunableDecides(long type, long kmemLimit, long size, CacheType expected) {
    Tunables tunables = Tunables.defaults().with(Tunable.SPL_KMEM_CACHE_SLAB_LIMIT, 0)
        .with(Tunable.CACHE_TYPE, type).with(Tunable.SPL_KMEM_CACHE_KMEM_LIMIT, kmemLimit);
    assertEquals(expected, TypeChoice.choose(CacheSpec.of("c", size), tunables));
    assertEquals(CacheType.SLAB, TypeChoice.choose(CacheSpec.of("c", size),
        tunables.with(Tunable.SPL_KMEM_CACHE_SLAB_LIMIT, 1 << 20)));
  }

  @ParameterizedTest
  @CsvSource({"KMEM, KMEM", "VMEM, VMEM", "KMEM OFFSLAB, OFFSLAB", "VMEM OFFSLAB, OFFSLAB", "OFFSLAB, OFFSLAB",
    "SLAB OFFSLAB, SLAB", "NOTOUCH NODEBUG NOEMERGENCY, SLAB", "KMEM NOTOUCH NODEBUG NOEMERGENCY, KMEM"})
  void theOlderGenerationsFlagsWorkInAll(String flags, CacheType expected) {
    CacheFlag[] all = java.util.Arrays.stream(flags.split(" ")).map(CacheFlag::valueOf).toArray(CacheFlag[]::new);
    for (long generation = 0; generation < 3; generation++) {
      assertEquals(expected, TypeChoice.choose(CacheSpec.of("c", 100).flags(all),
          Tunables.defaults().with(Tunable.GENERATION, generation)));
    }
  }

  @Test
  void theDefaultCutOffIs16KiB() {
    assertEquals(CacheType.SLAB, TypeChoice.choose(CacheSpec.of("c", 16384), Tunables.defaults()));
    assertEquals(CacheType.KVMEM, TypeChoice.choose(CacheSpec.of("c", 16385), Tunables.defaults()));
  }
}
