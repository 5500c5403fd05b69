package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Variant;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of address is aligned as its documentation says. */
class AlignmentTest {
  private static final int PAGE = 4096;
  private static final long[] SIZES = {1, 7, 8, 9, 24, 63, 64, 100, 500, 512, 1000, 4095, 4096, 4097, 20_000, 70_000};

  @RegisterExtension final OpenKmems kmems = new OpenKmems();

  private static void aligned(long address, long alignment, String what) {
    assertTrue(address != 0 && address % alignment == 0, () -> what + ": 0x" + Long.toHexString(address)
        + " is no multiple of " + alignment);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void objectsAsTheCacheSays(Variant variant) {
    Kmem kmem = kmems.openTimed(variant.builder().tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 2));
    for (int align = 8; align <= PAGE; align *= 2) {
      for (long size : new long[] {8, 24, 100, 4096, 5000}) {
        KmemCache cache = kmem.createCache(CacheSpec.of("a" + align + "-" + size, size).align(align));
        List<Long> objects = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
          objects.add(cache.alloc());
          aligned(objects.getLast(), align, cache.spec().name());
        }
        objects.forEach(cache::free);
        cache.close();
      }
    }
  }

  /** Nobody runs the grow task, so that NOSLEEP gets emergency objects. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void emergencyObjectsAsTheCacheSays(Variant variant) {
    ManualScheduler never = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(never));
    for (int align = 8; align <= PAGE; align *= 2) {
      KmemCache cache = kmem.createCache(CacheSpec.of("e" + align, 100).align(align));
      List<Long> objects = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        objects.add(cache.alloc(AllocMode.NOSLEEP));
        aligned(objects.getLast(), PAGE, "emergency object");
      }
      assertEquals(5, cache.stats().emergency().current());
      objects.forEach(cache::free);
    }
    assertTrue(never.runAll() > 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void generalBlocksByTheirClassAndPageRunsByThePage(int fine) {
    for (long slabLimit : new long[] {0, 16_384}) {
      Kmem kmem = kmems.openTimed(Kmem.builder().tunable(Tunable.GENERAL_CLASSES, fine)
          .tunable(Tunable.GENERAL_SLAB_LIMIT, slabLimit));
      List<Long> blocks = new ArrayList<>();
      for (long size : SIZES) {
        for (int i = 0; i < 20; i++) {
          long block = kmem.alloc(size);
          blocks.add(block);
          aligned(block, size > 65_536 ? PAGE : Math.min(PAGE, Long.lowestOneBit(kmem.usableSize(block))),
              "block of " + size);
          aligned(block, 8, "block of " + size);
        }
      }
      assertTrue(kmem.runs() == 20, "runs = " + kmem.runs());
      blocks.forEach(kmem::free);
    }
  }

  @Test
  void alignedBlocksAsAsked() {
    Kmem kmem = kmems.openTimed(Kmem.builder());
    List<Long> blocks = new ArrayList<>();
    for (long size : SIZES) {
      for (long alignment = 1; alignment <= 1 << 20; alignment *= 2) {
        blocks.add(kmem.allocAligned(size, alignment));
        aligned(blocks.getLast(), alignment, "block of " + size);
      }
    }
    blocks.forEach(kmem::free);
  }

  @Test
  void arenaBlocksAsAsked() {
    Kmem kmem = kmems.openTimed(Kmem.builder());
    for (int shared = 0; shared < 2; shared++) {
      try (Arena arena = shared == 0 ? kmem.arena() : kmem.sharedArena()) {
        for (long size : SIZES) {
          for (long alignment = 1; alignment <= 1 << 16; alignment *= 2) {
            aligned(arena.allocate(size, alignment).address(), alignment, "arena block of " + size);
          }
        }
      }
    }
  }
}
