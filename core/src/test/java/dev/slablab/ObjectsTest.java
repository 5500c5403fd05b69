package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.slablab.page.Memory;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.testing.Live;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import dev.slablab.testing.Seeds;
import dev.slablab.testing.Variant;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an object is: A1, A4, A5, A19. */
class ObjectsTest {
  private static final int PAGE = 4096;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void everySizeIsNonNullAlignedAndDisjoint(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    for (long size = 1; size <= 4 * PAGE; size += size < 300 ? 1 : 97) {
      for (int count : new int[] {10, 32}) {
        sizeWorks(kmem, size, 0, count);
      }
    }
    for (long size = PAGE; size <= 4 * PAGE; size += PAGE) { // the edges of pages
      sizeWorks(kmem, size - 1, 0, 32);
      sizeWorks(kmem, size, 0, 32);
      sizeWorks(kmem, size + 1, 0, 32);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void everyAlignmentHolds(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    for (int align = 8; align <= PAGE; align *= 2) {
      for (long size : new long[] {1, 8, align - 1, align, align + 1, PAGE, 3 * PAGE + 5}) {
        sizeWorks(kmem, size, align, 32);
      }
    }
  }

  /** {@link Live} checks address, alignment, overlap, and every byte before it frees. */
  private static void sizeWorks(Kmem kmem, long size, int align, int count) {
    try (KmemCache cache = kmem.createCache(CacheSpec.of("size-" + size, size).align(align))) {
      Live live = new Live();
      for (int i = 0; i < count; i++) {
        live.alloc(cache);
      }
      cache.verify();
      live.freeAll();
      cache.verify();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void objectsKeepWhatWasWritten(Variant variant) {
    Seeds.run(random -> {
      Kmem kmem = kmems.open(variant.builder());
      KmemCache[] caches = new KmemCache[6];
      for (int i = 0; i < caches.length; i++) {
        long size = 1 + random.nextInt(1 << (4 + 2 * i));
        caches[i] = kmem.createCache(CacheSpec.of("mixed-" + i, size));
      }
      Live live = new Live();
      for (int step = 0; step < 6_000; step++) {
        if (live.size() == 0 || random.nextInt(100) < (step < 3_000 ? 60 : 40)) {
          live.alloc(caches[random.nextInt(caches.length)]);
        } else {
          live.freeAny(random);
        }
        if (step % 1_000 == 0) {
          kmem.reap();
          kmem.verify();
          live.checkAll();
        }
      }
      live.freeAll();
    });
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void noObjectIsHandedOutTwice(Variant variant) {
    KmemCache cache = kmems.open(variant.builder()).createCache(CacheSpec.of("once", 48));
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 5_000; i++) {
      assertEquals(true, seen.add(cache.alloc(i % 3 == 0 ? AllocMode.PUSHPAGE : AllocMode.SLEEP)));
    }
    seen.forEach(cache::free);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void zeroedObjectsReadAsZero(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    for (long size : new long[] {1, 7, 8, 100, 4096, 20_001}) {
      KmemCache cache = kmem.createCache(CacheSpec.of("zeroed-" + size, size));
      for (AllocMode mode : AllocMode.values()) {
        long[] live = new long[40];
        for (int i = 0; i < live.length; i++) {
          live[i] = cache.allocZeroed(mode);
          MemorySegment bytes = Memory.segment(live[i], size);
          for (long b = 0; b < size; b++) {
            assertEquals(0, bytes.get(ValueLayout.JAVA_BYTE, b), "byte " + b + " of " + size);
          }
          Pattern.fill(live[i], size, i); // what the next owner must not see
        }
        for (long object : live) {
          cache.free(object);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void zeroingOneObjectLeavesItsNeighboursAlone(Variant variant) {
    KmemCache cache = kmems.open(variant.builder()).createCache(CacheSpec.of("neighbours", 13));
    Live live = new Live();
    for (int i = 0; i < 64; i++) {
      live.alloc(cache);
    }
    long hole = cache.alloc();
    cache.free(hole);
    long zeroed = cache.allocZeroed(AllocMode.SLEEP);
    live.checkAll();
    cache.free(zeroed);
    live.freeAll();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void segmentsAreExactlyTheRequestedBytes(Variant variant) {
    KmemCache cache = kmems.open(variant.builder()).createCache(CacheSpec.of("segments", 101));
    MemorySegment segment = cache.allocSegment();
    assertEquals(101, segment.byteSize());
    segment.set(ValueLayout.JAVA_BYTE, 100, (byte) 1);
    assertThrows(IndexOutOfBoundsException.class, () -> segment.set(ValueLayout.JAVA_BYTE, 101, (byte) 1));
    assertThrows(IndexOutOfBoundsException.class, () -> segment.get(ValueLayout.JAVA_BYTE, -1));
    cache.free(segment);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void theFirstWordsOfAnObjectBelongToItsOwner(Variant variant) {
    // A free list inside the objects would show up here: free neighbours are linked and unlinked around a live one.
    KmemCache cache = kmems.open(variant.builder()).createCache(CacheSpec.of("links", 16));
    Live live = new Live();
    for (int i = 0; i < 100; i++) {
      live.alloc(cache);
      cache.free(cache.alloc());
    }
    cache.reap();
    live.freeAll();
  }
}
