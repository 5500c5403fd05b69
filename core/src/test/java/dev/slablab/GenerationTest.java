package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.ArenaPageSource;
import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One switch chooses a generation; they live side by side, and print their own tables. */
class GenerationTest {
  private static final long[] SIZES = {64, 1000, 2008, 2009, 16_384, 16_385, 100_000};

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private Kmem open(int generation) {
    return kmems.open(Kmem.builder().tunables(Tunables.defaults()).tunable(Tunable.GENERATION, generation));
  }

  @Test
  void allLiveInOneProcess() {
    Kmem[] all = {open(0), open(1), open(2)};
    List<CacheType> own = List.of(CacheType.SLAB, CacheType.SLAB, CacheType.SLAB, CacheType.SLAB, CacheType.SLAB,
        CacheType.KVMEM, CacheType.KVMEM);
    List<CacheType> old = List.of(CacheType.SLAB, CacheType.SLAB, CacheType.SLAB, CacheType.SLAB, CacheType.SLAB,
        CacheType.VMEM, CacheType.VMEM);
    Live live = new Live();
    for (Kmem kmem : all) {
      for (long size : SIZES) {
        KmemCache cache = kmem.createCache(CacheSpec.of("same-" + size, size));
        for (int i = 0; i < 20; i++) {
          live.alloc(cache);
        }
      }
      assertEquals(kmem == all[2] ? old : own, kmem.caches().stream().filter(it -> it.spec().name().startsWith("same"))
          .map(it -> it.stats().type()).toList());
    }
    assertEquals(0, bytes(all[0], "same-16385") - 8 * 16_392, "out of band");
    assertEquals(8 * (16_392 + 40) + 64, bytes(all[1], "same-16385"), "trailers");
    assertEquals(8 * (16_392 + 40) + 64, bytes(all[2], "same-16385"), "trailers");
    live.freeAll();
  }

  private static long bytes(Kmem kmem, String name) {
    return kmem.caches().stream().filter(it -> it.spec().name().equals(name)).findFirst().orElseThrow().stats()
        .slabBytes();
  }

  @ParameterizedTest
  @ValueSource(ints = {16 << 10, 64 << 10})
  void onLargePagesTheOldOneHasNoLinuxSlab(int page) {
    Kmem kmem = kmems.open(Kmem.builder().tunables(Tunables.defaults()).tunable(Tunable.GENERATION, 2)
        .pageSource(new LargePages(new ArenaPageSource(), page)));
    Live live = new Live();
    for (long size : SIZES) {
      for (CacheFlag[] flags : new CacheFlag[][] {{}, {CacheFlag.OFFSLAB}, {CacheFlag.SLAB}, {CacheFlag.KVMEM}}) {
        KmemCache cache = kmem.createCache(CacheSpec.of("large-" + size + flags.length, size).flags(flags)
            .align(size == 64 ? page : 0));
        for (int i = 0; i < 20; i++) {
          live.alloc(cache);
        }
        assertEquals(0, cache.stats().mappedSlabBytes() % page);
        if (flags.length == 0) {
          boolean small = size + 40 <= page / 2 && size != 64; // the trailer of a page-aligned object takes a page
          assertEquals(small ? CacheType.KMEM : CacheType.VMEM, cache.stats().type(), size + " on " + page);
        }
        kmem.verify();
        if (flags.length > 0 && flags[0] == CacheFlag.SLAB) {
          live.freeAll();
          cache.close(); // names are unique there
        }
      }
    }
    live.freeAll();
    long _ = kmem.reap();
    assertEquals(0, kmem.heldBytes());
  }

  @Test
  void theOldTableHasItsOwnBitsAndNoLinuxRows() {
    Kmem kmem = open(2);
    try (KmemCache kept = kmem.createCache(CacheSpec.of("linux", 100));
        KmemCache kmemCache = kmem.createCache(CacheSpec.of("kmem", 100).flags(CacheFlag.KMEM, CacheFlag.NOTOUCH));
        KmemCache vmem = kmem.createCache(CacheSpec.of("vmem", 20_000));
        KmemCache off = kmem.createCache(CacheSpec.of("off", 100).flags(CacheFlag.OFFSLAB, CacheFlag.NODEBUG));
        KmemCache offKmem = kmem.createCache(CacheSpec.of("offkmem", 100).flags(CacheFlag.OFFSLAB, CacheFlag.KMEM,
            CacheFlag.NOEMERGENCY))) {
      assertEquals(List.of("kmem 0x00021", "vmem 0x00040", "off 0x00142", "offkmem 0x00320"), flags(kmem));
      assertEquals(CacheType.SLAB, kept.stats().type());
      long[] objects = {kmemCache.alloc(), vmem.alloc(), off.alloc(), offKmem.alloc()};
      CacheStats.Totals first = kmem.totals(CacheType.KMEM);
      assertEquals(8192 + 9 * 4096, first.total(), "a header and eight blocks");
      assertEquals(100 * (kmemCache.stats().objects().alloc() + offKmem.stats().objects().alloc()), first.alloc());
      assertEquals(first.alloc(), first.max());
      assertEquals(vmem.stats().slabBytes() + 9 * 4096, kmem.totals(CacheType.VMEM).total());
      assertEquals(0, kmem.totals(CacheType.KVMEM).total());
      kmemCache.free(objects[0]);
      vmem.free(objects[1]);
      off.free(objects[2]);
      offKmem.free(objects[3]);
    }
  }

  @Test
  void theNewTableShowsWhatItHasBitsFor() {
    Kmem kmem = open(1);
    kmem.createCache(CacheSpec.of("kmem", 100).flags(CacheFlag.KMEM));
    kmem.createCache(CacheSpec.of("off", 100).flags(CacheFlag.OFFSLAB));
    kmem.createCache(CacheSpec.of("slab", 100).flags(CacheFlag.SLAB, CacheFlag.OFFSLAB));
    assertEquals(List.of("kmem 0x00020", "off 0x00040", "slab 0x00100"), flags(kmem));
  }

  private static List<String> flags(Kmem kmem) {
    return kmem.slabText().lines().skip(2).map(line -> line.split(" +")).map(cells -> cells[0] + " " + cells[1])
        .toList();
  }

  /** Spec. §9: in 0.6.5.9 only MEM has a reap empty the magazines; a shortage does so always. */
  @Test
  void withoutMemAnOldReapLeavesTheMagazinesAlone() {
    for (int generation = 0; generation < 3; generation++) {
      for (int expire = 0; expire < 4; expire++) {
        Kmem kmem = kmems.open(Kmem.builder().tunables(Tunables.defaults()).tunable(Tunable.GENERATION, generation)
            .tunable(Tunable.SPL_KMEM_CACHE_EXPIRE, expire).tunable(Tunable.MEMORY_LIMIT, 1 << 20)
            .scheduler(new ManualScheduler()).tunable(Tunable.GROW_IN_CALLER, 1));
        KmemCache cache = kmem.createCache(CacheSpec.of("reaped", 20_000));
        AgeingKit.fill(cache, 16);
        assertTrue(AgeingKit.held(cache) >= 16);
        long _ = kmem.reap();
        assertEquals(generation == 2 && expire < 2, AgeingKit.held(cache) > 0, generation + ", " + expire);
        KmemCache other = kmem.createCache(CacheSpec.of("needs all", 1_000_000).objectsPerSlab(1));
        other.free(other.alloc());
        assertEquals(0, AgeingKit.held(cache), "a shortage empties them");
      }
    }
  }
}
