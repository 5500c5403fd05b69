package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheFlag;
import dev.slablab.testing.Csv;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The golden tables of Linux slabs: 4 KiB pages, lines of 64 bytes, two CPUs. */
class LinuxGoldenGeometryTest {
  static List<Csv.Row> geometry() {
    return Csv.rows("linux_geometry.csv");
  }

  static List<Csv.Row> aligned() {
    return Csv.rows("linux_aligned_geometry.csv");
  }

  static List<Csv.Row> breakOrders() {
    return Csv.rows("linux_break_order.csv");
  }

  static List<Csv.Row> realRows() {
    return Csv.rows("linux_slabinfo_rows.csv");
  }

  @Test
  void theTablesAreAllThere() {
    assertEquals(300, geometry().size());
    assertEquals(3, aligned().size());
    assertEquals(12, breakOrders().size());
    assertEquals(30, realRows().size());
  }

  @ParameterizedTest
  @MethodSource("geometry")
  void computedSlabsMatch(Csv.Row row) {
    Set<CacheFlag> flags = EnumSet.noneOf(CacheFlag.class);
    Stream.of("hwcache_align", "reclaim_account").map(row::text).filter(flag -> !flag.isEmpty())
        .forEach(flag -> flags.add(CacheFlag.valueOf(flag)));
    LinuxGeometry geometry = geometry(row.number("size"), 0, flags, 1);
    assertEquals(row.number("limit"), geometry.limit());
    assertEquals(row.number("batch"), geometry.batch());
    slabsMatch(row, geometry);
  }

  @ParameterizedTest
  @MethodSource("aligned")
  void alignedSlabsMatch(Csv.Row row) {
    slabsMatch(row, geometry(row.number("size"), (int) row.number("align"), Set.of(), 1));
  }

  private static void slabsMatch(Csv.Row row, LinuxGeometry geometry) {
    assertEquals(row.number("object_size"), geometry.objectBytes());
    assertEquals(row.number("align"), geometry.align());
    assertEquals(row.number("objects_per_slab"), geometry.objects());
    assertEquals(row.number("pages_per_slab"), 1 << geometry.order());
    assertEquals(row.text("management"), geometry.offSlab() ? "off" : "on");
    assertEquals(row.number("management_bytes"),
        geometry.offSlab() ? geometry.descriptorBytes() : geometry.firstObject());
    assertEquals(row.number("leftover"), geometry.leftover());
    assertEquals(row.number("colours"), geometry.colours());
    fits(geometry);
  }

  /** What any slab must satisfy, wherever its numbers come from. */
  static void fits(LinuxGeometry geometry) {
    int management = geometry.offSlab() ? 0 : geometry.firstObject();
    assertEquals(geometry.offSlab() ? 0 : Math.ceilDiv(geometry.descriptorBytes(), geometry.align()) * geometry.align(),
        geometry.firstObject());
    assertEquals(geometry.slabBytes(), management + geometry.objects() * geometry.objectBytes() + geometry.leftover());
    int lastColour = Math.max(0, geometry.colours() - 1) * geometry.colourUnit();
    assertTrue(lastColour <= geometry.leftover(), () -> "colour " + lastColour + " does not fit: " + geometry);
    long slab = 1L << 40;
    long end = geometry.address(slab, lastColour, geometry.objects() - 1) - geometry.objectOffset()
        + geometry.objectBytes();
    assertTrue(end <= slab + geometry.slabBytes(), geometry::toString);
    assertEquals(0, (geometry.address(slab, lastColour, 0) - geometry.objectOffset()) % geometry.align());
    assertTrue(geometry.objectBytes() >= geometry.size(), geometry::toString);
  }

  @ParameterizedTest
  @MethodSource("breakOrders")
  void theBreakOrderMatches(Csv.Row row) {
    LinuxGeometry geometry = geometry(row.number("size"), 0, Set.of(), (int) row.number("break_order"));
    assertEquals(row.number("objects_per_slab"), geometry.objects());
    assertEquals(row.number("pages_per_slab"), 1 << geometry.order());
    fits(geometry);
  }

  @ParameterizedTest
  @MethodSource("realRows")
  void rowsOfRealMachinesAreExplainedByFlags(Csv.Row row) {
    assertTrue(explained(row.number("object_size"), row.number("objects_per_slab"), row.number("pages_per_slab"),
        row.number("limit"), row.number("batch"), row.number("shared")));
  }

  /** The check of the check: one object more or a page more, and no flags explain the row. */
  @ParameterizedTest
  @MethodSource("realRows")
  void wrongRowsAreNot(Csv.Row row) {
    long size = row.number("object_size");
    long objects = row.number("objects_per_slab");
    long pages = row.number("pages_per_slab");
    long limit = row.number("limit");
    long batch = row.number("batch");
    long shared = row.number("shared");
    assertFalse(explained(size, objects + 1, pages, limit, batch, shared));
    assertFalse(explained(size, objects, pages * 2, limit, batch, shared));
    assertFalse(explained(size, objects, pages, limit + 1, batch, shared));
    assertFalse(explained(size, objects, pages, limit, batch, 8 - shared));
  }

  private static boolean explained(long size, long objects, long pages, long limit, long batch, long shared) {
    CacheFlag line = CacheFlag.HWCACHE_ALIGN;
    CacheFlag reclaim = CacheFlag.RECLAIM_ACCOUNT;
    return Stream.of(Set.<CacheFlag>of(), Set.of(line), Set.of(reclaim), Set.of(line, reclaim))
        .map(flags -> geometry(size, 0, flags, 1))
        .anyMatch(it -> it.objectBytes() == size && it.objects() == objects && 1 << it.order() == pages
            && it.limit() == limit && it.batch() == batch && it.sharedFactor() == shared);
  }

  private static LinuxGeometry geometry(long size, int align, Set<CacheFlag> flags, int breakOrder) {
    return LinuxGeometry.of("golden", size, align, flags, breakOrder, 4096, 64, 2);
  }
}
