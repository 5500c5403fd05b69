package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.Seeds;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules that the golden tables do not reach: debugging, colours, addresses, tuning, errors. */
class LinuxGeometryTest {
  private static final CacheFlag LINE = CacheFlag.HWCACHE_ALIGN;

  /**
   * Bytes by hand: to a word, 8 + 8 for zones, 8 for the user; objects by (4096 - 48) / (bytes + 4), less one if short.
   */
  @ParameterizedTest
  @CsvSource({
    // size, align, flags, object bytes, align, offset, flags that stay, objects
    "100, 0, RED_ZONE, 120, 8, 8, RED_ZONE, 32",
    "100, 0, RED_ZONE+STORE_USER, 128, 8, 8, RED_ZONE+STORE_USER, 30",
    "100, 0, STORE_USER, 112, 8, 0, STORE_USER, 34",
    "100, 0, POISON, 104, 8, 0, POISON, 37",
    "100, 0, POISON+HWCACHE_ALIGN, 128, 64, 0, POISON+HWCACHE_ALIGN, 30",
    // the red zone replaces the line
    "100, 0, RED_ZONE+HWCACHE_ALIGN, 120, 8, 8, RED_ZONE+HWCACHE_ALIGN, 32",
    "100, 0, STORE_USER+HWCACHE_ALIGN, 112, 8, 0, STORE_USER+HWCACHE_ALIGN, 34",
    "100, 8, RED_ZONE+STORE_USER, 128, 8, 8, RED_ZONE+STORE_USER, 30",
    // the caller's alignment above a word switches both off, and the line is gone too
    "100, 16, RED_ZONE+STORE_USER+POISON, 112, 16, 0, POISON, 34",
    "100, 16, RED_ZONE+HWCACHE_ALIGN, 112, 16, 0, HWCACHE_ALIGN, 34",
    "100, 128, STORE_USER, 128, 128, 0, '', 30"})
  void debuggingGrowsObjectsUnlessAlignmentForbids(int size, int align, String asked, int bytes, int finalAlign,
      int offset, String left, int objects) {
    LinuxGeometry geometry = of(size, align, flags(asked));
    assertEquals(bytes, geometry.objectBytes());
    assertEquals(finalAlign, geometry.align());
    assertEquals(offset, geometry.objectOffset());
    assertEquals(flags(left), geometry.flags());
    assertEquals(objects, geometry.objects());
    assertEquals(left.matches(".*(POISON|RED_ZONE|STORE_USER).*") ? 32 : 120, geometry.limit());
    LinuxGoldenGeometryTest.fits(geometry);
  }

  @Test
  void debuggingCapsTheLimitButDoesNotRaiseIt() {
    assertEquals(32, of(300, 0, Set.of(CacheFlag.POISON)).limit());
    assertEquals(16, of(300, 0, Set.of(CacheFlag.POISON)).batch());
    assertEquals(24, of(2000, 0, Set.of(CacheFlag.POISON)).limit());
  }

  @Test
  void theDescriptorsPlaceIsChosenByTheSizeWithItsZonesBeforeAlignment() {
    assertFalse(of(504, 0, Set.of()).offSlab());
    assertTrue(of(512, 0, Set.of(LINE)).offSlab());
    // 504 + 16 reaches an eighth of a page; seven objects leave room, so the descriptor comes back
    LinuxGeometry zones = of(504, 0, Set.of(CacheFlag.RED_ZONE));
    assertEquals(520, zones.objectBytes());
    assertFalse(zones.offSlab());
    assertEquals(4096 - 7 * 520 - 80, zones.leftover());
  }

  @Test
  void reclaimableMeansReclaimAccount() {
    LinuxGeometry reclaimable = of(3000, 0, Set.of(CacheFlag.RECLAIMABLE));
    assertTrue(reclaimable.has(CacheFlag.RECLAIM_ACCOUNT));
    assertEquals(0, reclaimable.order());
    assertEquals(1, of(3000, 0, Set.of()).order());
  }

  @ParameterizedTest
  @CsvSource({"2, 64, 8", "1, 64, 0", "2, 4096, 8", "2, 4104, 0"})
  void sharedArraysNeedTwoCpusAndObjectsOfAPage(int cpus, int size, int factor) {
    LinuxGeometry geometry = LinuxGeometry.of("c", size, 0, Set.of(), 1, 4096, 64, cpus);
    assertEquals(factor, geometry.sharedFactor());
  }

  @Test
  void freeLimitCountsTheNodesCpus() {
    LinuxGeometry geometry = of(1024, 0, Set.of(LINE));
    assertEquals(27, geometry.batch());
    assertEquals(3 * 27 + 4, geometry.freeLimit(2));
    assertEquals(5 * 10 + 4, geometry.tuned(20, 10, 1).freeLimit(4));
  }

  @Test
  void tuningChangesArraysAlone() {
    LinuxGeometry geometry = of(1024, 0, Set.of());
    LinuxGeometry tuned = geometry.tuned(10, 4, 3);
    assertEquals("10 4 3", tuned.limit() + " " + tuned.batch() + " " + tuned.sharedFactor());
    assertEquals(geometry, tuned.tuned(geometry.limit(), geometry.batch(), geometry.sharedFactor()));
    assertThrows(KmemException.Usage.class, () -> geometry.tuned(4, 5, 0));
  }

  @Test
  void coloursAreLinesOrTheAlignmentIfThatIsMore() {
    LinuxGeometry wide = of(1000, 256, Set.of());
    assertEquals(256, wide.colourUnit());
    assertEquals(wide.leftover() / 256, wide.colours());
    assertEquals(64, of(1000, 0, Set.of()).colourUnit());
  }

  @Test
  void pagesMayBeLarger() {
    LinuxGeometry geometry = LinuxGeometry.of("c", 512, 0, Set.of(), 1, 65536, 64, 2);
    assertFalse(geometry.offSlab(), "an eighth of a page is 8192");
    assertEquals(0, geometry.order());
    assertTrue(LinuxGeometry.of("c", 8192, 0, Set.of(), 1, 65536, 64, 2).offSlab());
    LinuxGoldenGeometryTest.fits(LinuxGeometry.of("c", 4 << 20, 0, Set.of(CacheFlag.RED_ZONE), 1, 65536, 64, 2));
  }

  /** Why the kernel's rule against descriptors larger than an object is not there: no slab comes near it. */
  @ParameterizedTest
  @CsvSource({"4096, 64", "16384, 128", "65536, 64"})
  void offSlabDescriptorsAreSmallerThanAnObject(int pageSize, int cacheLine) {
    for (int breakOrder = 0; breakOrder <= 10; breakOrder++) {
      for (int size = 8; size <= 2 * pageSize; size += 8) {
        for (Set<CacheFlag> flags : List.of(Set.<CacheFlag>of(), Set.of(LINE))) {
          LinuxGeometry geometry = LinuxGeometry.of("off", size, 0, flags, breakOrder, pageSize, cacheLine, 2);
          if (geometry.offSlab()) {
            assertTrue(geometry.objects() <= 16 && geometry.descriptorBytes() <= geometry.objectBytes() / 4,
                geometry::toString);
          }
        }
      }
    }
  }

  /** Every legal combination gives a slab that holds what it says. */
  @Test
  void anySizeAlignmentAndFlagsFit() {
    Seeds.run(LinuxGeometryTest::anySlabFits);
  }

  private static void anySlabFits(Random random) {
    CacheFlag[] all = {LINE, CacheFlag.RECLAIM_ACCOUNT, CacheFlag.POISON, CacheFlag.RED_ZONE, CacheFlag.STORE_USER};
    for (int round = 0; round < 20_000; round++) {
      int size = 8 + random.nextInt(1 << (4 + random.nextInt(17)));
      Set<CacheFlag> flags = EnumSet.noneOf(CacheFlag.class);
      for (CacheFlag flag : all) {
        if (random.nextInt(3) == 0) {
          flags.add(flag);
        }
      }
      LinuxGeometry geometry = LinuxGeometry.of("any", size, random.nextBoolean() ? 0 : 8 << random.nextInt(10), flags,
          random.nextInt(4), 4096, 64, 2);
      LinuxGoldenGeometryTest.fits(geometry);
      if (geometry.offSlab()) {
        assertTrue(geometry.descriptorBytes() <= geometry.objectBytes(), geometry::toString);
      }
    }
  }

  @Test
  void indexesAndAddressesAreInverse() {
    for (Set<CacheFlag> flags : Set.of(Set.<CacheFlag>of(), Set.of(CacheFlag.RED_ZONE, CacheFlag.STORE_USER))) {
      LinuxGeometry geometry = of(100, 0, flags);
      long slab = 1L << 40;
      int colour = 64;
      for (int i = 0; i < geometry.objects(); i++) {
        long address = geometry.address(slab, colour, i);
        assertEquals(i, geometry.index(slab, colour, address));
        assertEquals(-1, geometry.index(slab, colour, address + 8));
        assertEquals(-1, geometry.index(slab, colour, address - 1));
      }
      assertEquals(-1, geometry.index(slab, colour, geometry.address(slab, colour, -1)));
      assertEquals(-1, geometry.index(slab, colour, geometry.address(slab, colour, geometry.objects())));
      assertEquals(-1, geometry.index(slab, colour, 0));
      assertEquals(-1, geometry.index(slab, colour, -1));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "7, 0, size = 7, 8..4194304",
    "0, 0, size = 0, 8..4194304",
    "-1, 0, size = -1, 8..4194304",
    "4194305, 0, size = 4194305, 8..4194304",
    "9223372036854775807, 0, size = 9223372036854775807, 8..4194304",
    "64, 4, align = 4, 8..4096",
    "64, 24, align = 24, 8..4096",
    "64, -8, align = -8, 8..4096",
    "64, -2147483648, align = -2147483648, 8..4096",
    "64, 8192, align = 8192, 8..4096"})
  void whatIsNotLegalIsNamed(long size, int align, String value, String legal) {
    String message = assertThrows(KmemException.Usage.class,
        () -> LinuxGeometry.of("bad", size, align, Set.of(), 1, 4096, 64, 2)).getMessage();
    assertTrue(message.startsWith(value + ": ") && message.contains(legal) && message.contains("bad"), message);
  }

  @Test
  void zonesMayMakeTheLargestObjectTooLarge() {
    assertEquals(1, of(4 << 20, 0, Set.of()).objects());
    String message = assertThrows(KmemException.Usage.class, () -> of(4 << 20, 0, Set.of(CacheFlag.RED_ZONE)))
        .getMessage();
    assertTrue(message.contains("4194320 bytes") && message.contains("largest slab has 4194304"), message);
  }

  static LinuxGeometry of(int size, int align, Set<CacheFlag> flags) {
    return LinuxGeometry.of("c", size, align, flags, 1, 4096, 64, 2);
  }

  private static Set<CacheFlag> flags(String names) {
    Set<CacheFlag> flags = EnumSet.noneOf(CacheFlag.class);
    for (String name : names.split("\\+")) {
      if (!name.isEmpty()) {
        flags.add(CacheFlag.valueOf(name));
      }
    }
    return flags;
  }
}
