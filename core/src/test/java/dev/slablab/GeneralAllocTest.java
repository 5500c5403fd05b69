package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of {@code Kmem.alloc} and its kin, for every size that takes a path of its own. */
class GeneralAllocTest {
  private static final long LARGE = 84L << 20;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void everySize(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    List<Long> held = new ArrayList<>();
    for (long size = 0; size <= 70_000; size++) {
      long address = kmem.alloc(size);
      long usable = kmem.usableSize(address);
      long expected = size <= 65536 ? smallestClass(variant.table(), size) : (size + 4095) / 4096 * 4096;
      assertEquals(expected, usable, "size = " + size);
      assertEquals(0, address % Math.min(4096, Long.lowestOneBit(usable)), "natural alignment of " + usable);
      ends(address, usable);
      if (size % 97 == 0) {
        Pattern.fill(address, size, size);
        held.add(address);
        held.add(size);
      } else if (size % 2 == 0) {
        kmem.free(address);
      } else {
        kmem.free(address, size);
      }
    }
    for (int i = 0; i < held.size(); i += 2) {
      Pattern.check(held.get(i), held.get(i + 1), held.get(i + 1));
      kmem.free(held.get(i), held.get(i + 1));
    }
    long untouched = kmem.alloc(LARGE);
    kmem.free(untouched, LARGE);
    assertEquals(0, kmem.runs());
    assertTrue(kmem.slabText().contains("kmalloc-65536 "), kmem.slabText());
    OpenKmems.check(kmem);
    assertTrue(kmem.reap() >= 0);
    assertEquals(0, kmem.heldBytes(), "all classes give all their pages back");
  }

  /** By the definition of the tables, not by the code's formula. */
  private static long smallestClass(int table, long size) {
    for (long candidate = 8;; candidate += 8) {
      long below = Long.highestOneBit(Math.max(candidate - 1, 8));
      boolean in = table == 0 ? candidate >= 32 && (Long.bitCount(candidate) == 1 || candidate == 192)
          : candidate <= 64 || (candidate - below) % (below / 8) == 0;
      if (in && candidate >= size) {
        return candidate;
      }
      candidate = candidate + 8 < size - size / 2 ? (size / 2) & -8 : candidate; // no class lies below half
    }
  }

  private static void ends(long address, long bytes) {
    Memory.fill(address, 1, (byte) 1);
    Memory.fill(address + bytes - 1, 1, (byte) 1);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void largeRequestsAreRunsAndCounted(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    long before = kmem.heldBytes();
    long one = kmem.alloc(LARGE);
    long other = kmem.alloc(70_001, AllocMode.NOSLEEP);
    ends(one, LARGE);
    ends(other, 73_728);
    assertEquals(2, kmem.runs());
    assertEquals(LARGE + 73_728, kmem.runBytes());
    assertEquals(before + LARGE + 73_728, kmem.heldBytes());
    assertEquals(LARGE, kmem.usableSize(one));
    kmem.verify();
    kmem.free(one);
    kmem.free(other);
    assertEquals(0, kmem.runs());
    assertEquals(0, kmem.runBytes());
    assertEquals(before, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void sizeZeroHasAddressesOfItsOwn(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    Set<Long> all = new HashSet<>();
    for (int i = 0; i < 3_000; i++) {
      assertTrue(all.add(kmem.alloc(0)));
    }
    assertTrue(all.add(kmem.allocZeroed(0)));
    assertTrue(all.add(kmem.allocAligned(0, 1 << 16)));
    assertTrue(all.add(kmem.realloc(0, 0)));
    all.forEach(kmem::free);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void zeroedReadsAsZeroWhateverWasThere(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    for (long size : new long[] {1, 7, 8, 9, 100, 1024, 1025, 5000, 65_536, 65_537, 70_000, 1 << 20}) {
      long dirty = kmem.alloc(size);
      Memory.fill(dirty, kmem.usableSize(dirty), (byte) -1);
      kmem.free(dirty);
      long zeroed = kmem.allocZeroed(size);
      assertEquals(-1, Memory.segment(zeroed, size).mismatch(MemorySegment.ofArray(new byte[(int) size])));
      kmem.free(zeroed);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void anyPowerOfTwoAlignment(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    List<Long> live = new ArrayList<>();
    for (long align = 1; align <= 4 << 20; align <<= 1) {
      for (long size : new long[] {0, 1, 24, 100, 1000, 1100, 4097, 40_000, 65_536, 70_000}) {
        long address = kmem.allocAligned(size, align);
        assertEquals(0, address % align, size + " aligned to " + align);
        long usable = kmem.usableSize(address);
        assertTrue(usable >= size, usable + " of " + size);
        ends(address, Math.max(size, 1));
        Pattern.fill(address & -8, size & -8, align + size);
        live.add(address);
        live.add(size & -8);
        live.add(align + size);
      }
    }
    kmem.verify();
    for (int i = 0; i < live.size(); i += 3) {
      Pattern.check(live.get(i), live.get(i + 1), live.get(i + 2));
      kmem.free(live.get(i));
    }
    assertEquals(0, kmem.runs());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void reallocKeepsTheContent(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    long[] sizes = {0, 1, 8, 9, 64, 65, 1000, 4096, 4097, 65_536, 65_537, 200_000, 3 << 20};
    for (long from : sizes) {
      for (long to : sizes) {
        long address = kmem.realloc(0, from);
        Memory.fill(address, from, (byte) 7);
        long moved = kmem.realloc(address, to);
        long usable = kmem.usableSize(moved);
        assertTrue(usable >= to && (usable <= Math.max(8, 2 * to + 4096)), from + " to " + to + ": " + usable);
        byte[] sevens = new byte[(int) Math.min(from, to)];
        java.util.Arrays.fill(sevens, (byte) 7);
        assertEquals(-1, Memory.segment(moved, sevens.length).mismatch(MemorySegment.ofArray(sevens)));
        Memory.fill(moved, to, (byte) 8);
        if (moved == address) {
          assertEquals(moved, kmem.realloc(moved, to), "what fits stays");
        }
        kmem.free(moved);
      }
    }
    long stays = kmem.alloc(100);
    assertEquals(stays, kmem.realloc(stays, 90));
    assertEquals(stays, kmem.realloc(stays, kmem.usableSize(stays)));
    long shrunk = kmem.realloc(stays, 10);
    assertEquals(variant.table() == 0 ? 32 : 16, kmem.usableSize(shrunk));
    kmem.free(shrunk);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void freeFindsAnyCacheOfTheInstance(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    int[] destroyed = {0};
    KmemCache plain = kmem.createCache(CacheSpec.of("plain", 100));
    KmemCache hooked = kmem.createCache(CacheSpec.of("hooked", 5000).hooks((o, p, m) -> { },
        (o, p) -> destroyed[0]++, null, dev.slablab.spec.ConstructorPlacement.PER_ALLOCATION));
    long one = plain.alloc();
    long two = hooked.alloc();
    long emergency = hooked.alloc(AllocMode.NOSLEEP);
    assertEquals(100, kmem.usableSize(one));
    kmem.free(one);
    kmem.free(two);
    kmem.free(emergency);
    assertEquals(2, destroyed[0]);
    assertEquals(0, plain.stats().objects().inuse() + hooked.stats().objects().inuse());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void segmentsHaveTheirBounds(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    SegmentAllocator allocator = kmem.allocator();
    for (long size : new long[] {1, 100, 70_000}) {
      MemorySegment segment = allocator.allocate(size, 64);
      assertEquals(size, segment.byteSize());
      assertEquals(0, segment.address() % 64);
      segment.set(ValueLayout.JAVA_BYTE, size - 1, (byte) 1);
      assertThrows(IndexOutOfBoundsException.class, () -> segment.set(ValueLayout.JAVA_BYTE, size, (byte) 1));
      kmem.free(segment.address());
    }
    MemorySegment text = allocator.allocateFrom("words");
    assertEquals("words", text.getString(0));
    kmem.free(text.address());
    assertThrows(IllegalArgumentException.class, () -> allocator.allocate(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> allocator.allocate(1, 3));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aCacheOfGeneralAllocationClosesWithItsInstanceOnly(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    kmem.free(kmem.alloc(64));
    KmemCache general = kmem.caches().getFirst();
    for (Executable close : List.<Executable>of(general::close, general::closeLeaking)) {
      String message = assertThrows(KmemException.Usage.class, close).getMessage();
      assertTrue(message.contains("cache = " + general.spec().name()) && message.contains("close its Kmem"), message);
    }
    assertEquals(List.of(general), kmem.caches());
    kmem.free(kmem.alloc(64)); // and everybody is served on
    assertTrue(general.reap() > 0, "the rest of it works as any cache's");
  }

  /** The rule is for caches that somebody designs, not for size classes. */
  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void sizeClassesMayHaveFewerObjectsThanTheLeast(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB_MIN, 1000));
    for (long size : new long[] {100, 9000, 36_000, 60_000}) {
      kmem.free(kmem.alloc(size));
    }
  }
}
