package dev.slablab.spl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.Csv;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenGeometryTest {
  private static final int PAGE = 4096;
  /** Beyond every vector, so that rows without a legal slab still show their descriptor columns. */
  private static final long AMPLE = 4095;

  static List<Csv.Row> geometry() {
    return Csv.rows("spl_geometry.csv");
  }

  static List<Csv.Row> magazineEdges() {
    return Csv.rows("spl_magazine_edges.csv");
  }

  @ParameterizedTest
  @MethodSource("geometry")
  void trailerSlabsMatchTheGoldenTable(Csv.Row row) {
    SplGeometry ample = geometry(row, AMPLE);
    assertEquals(row.number("object_with_trailer"), ample.stride());
    assertEquals(row.number("slab_header"), ample.header());
    assertEquals(row.number("magazine_size"), ample.magazineSize());
    assertEquals(row.number("refill"), ample.refill());
    long max = row.number("max_size_mib");
    if (row.text("error").isEmpty()) {
      SplGeometry real = geometry(row, max);
      assertEquals(row.number("objects_per_slab"), real.objects());
      assertEquals(row.number("slab_bytes"), real.slabBytes());
      assertEquals(row.number("object_with_trailer"), real.stride());
      assertEquals(row.number("slab_header"), real.header());
      assertEquals(row.number("magazine_size"), real.magazineSize());
      assertEquals(row.number("refill"), real.refill());
    } else {
      assertEquals("0", row.text("objects_per_slab"));
      assertEquals("", row.text("slab_bytes"));
      String message = assertThrows(KmemException.Usage.class, () -> geometry(row, max)).getMessage();
      assertTrue(message.contains(row.text("error")), message);
      assertTrue(message.contains("size = " + row.text("size")), message);
    }
  }

  @ParameterizedTest
  @MethodSource("magazineEdges")
  void magazinesShrinkAtTheGoldenEdges(Csv.Row row) {
    SplGeometry geometry = kvmem("edge", row.number("size"), 8, ObjectLayout.TRAILER, 8, AMPLE, PAGE, 0);
    assertEquals(row.number("object_with_trailer"), geometry.stride());
    assertEquals(row.number("magazine_size"), geometry.magazineSize());
    assertEquals(row.number("refill"), geometry.refill());
  }

  @Test
  void theTablesAreAllThere() {
    assertEquals(132, geometry().size());
    assertEquals(8, magazineEdges().size());
  }

  @ParameterizedTest
  @MethodSource("geometry")
  void outOfBandSlabsHoldNothingButObjects(Csv.Row row) {
    long size = row.number("size");
    long align = row.number("align");
    long stride = Math.ceilDiv(size, align) * align;
    long max = row.number("max_size_mib") << 20;
    long wish = row.number("obj_per_slab");
    if (stride > max) {
      return;
    }
    SplGeometry geometry = kvmem("bare", size, (int) align, ObjectLayout.OUT_OF_BAND, (int) wish, max >> 20, PAGE, 0);
    assertEquals(stride, geometry.stride());
    assertEquals(0, geometry.header());
    assertEquals(Math.min(wish, max / stride), geometry.objects());
    assertEquals(geometry.objects() * stride, geometry.slabBytes());
  }

  @Test
  void theMagazineTunableIsClamped() {
    long[][] tunableToSize = {{0, 256}, {1, 2}, {2, 2}, {3, 3}, {255, 255}, {256, 256}, {257, 256}, {1 << 30, 256}};
    for (long[] pair : tunableToSize) {
      assertEquals(pair[1], SplGeometry.magazineSize(64, PAGE, pair[0]), "tunable " + pair[0]);
    }
  }

  @Test
  void refillIsHalfAMagazineRoundedUp() {
    for (int size = 2; size <= 256; size++) {
      SplGeometry geometry = kvmem("half", 64, 8, ObjectLayout.TRAILER, 8, AMPLE, PAGE, size);
      assertEquals((size + 1) / 2, geometry.refill());
    }
  }

  @ParameterizedTest
  @EnumSource
  void indexesAndAddressesAreInverse(ObjectLayout layout) {
    try (SplRig rig = new SplRig(layout, 100, 8, 2)) {
      SplGeometry geometry = rig.cache.geometry;
      for (boolean offslab : new boolean[] {false, true}) {
        Slab slab = new Slab(rig.cache);
        slab.base = 1L << 40;
        slab.blocks = offslab ? LongStream.range(0, 8).map(i -> slab.base + geometry.stride() * (1 << i)).toArray()
            : slab.blocks;
        for (int i = 0; i < geometry.objects(); i++) {
          long address = slab.address(i);
          assertEquals(0, address % 8);
          assertEquals(i, slab.index(address));
          assertEquals(-1, slab.index(address + 8));
          assertEquals(-1, slab.index(address - 1));
        }
        assertEquals(-1, slab.index(slab.base - geometry.stride()));
        assertEquals(-1, slab.index(slab.address(geometry.objects() - 1) + geometry.stride()));
        assertEquals(-1, slab.index(0));
        assertEquals(-1, slab.index(-1));
      }
    }
  }

  private static SplGeometry geometry(Csv.Row row, long maxMib) {
    return kvmem("golden", row.number("size"), (int) row.number("align"), ObjectLayout.TRAILER,
        (int) row.number("obj_per_slab"), maxMib, PAGE, 0);
  }

  private static SplGeometry kvmem(String name, long size, int align, ObjectLayout layout, int objects, long maxMib,
      int page, long magazine) {
    SplGeometry[] both = new SplGeometry[2];
    for (int i = 0; i < 2; i++) { // VMEM's are the same
      both[i] = SplGeometry.of(CacheSpec.of(name, size).align(align).layout(layout).objectsPerSlab(objects),
          i == 0 ? CacheType.VMEM : CacheType.KVMEM, Tunables.defaults().with(Tunable.SPL_KMEM_CACHE_MAX_SIZE, maxMib),
          page, magazine);
    }
    assertEquals(both[0].slabBytes(), both[1].slabBytes());
    assertEquals(both[0].objects(), both[1].objects());
    return both[1];
  }
}
