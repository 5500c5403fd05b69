package dev.slablab.spl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.Csv;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The slabs of 0.6.5.9: KMEM and OFFSLAB, on pages of 4, 16 and 64 KiB. */
class OldGeometryTest {
  private static final int PAGE = 4096;
  private static final Tunables TUNABLES = Tunables.defaults().with(Tunable.OBJECT_LAYOUT, 0);

  static List<Csv.Row> kmem() {
    return Csv.rows("spl_kmem_geometry.csv");
  }

  @Test
  void theTableIsAllThere() {
    assertEquals(8, kmem().size());
  }

  @ParameterizedTest
  @MethodSource("kmem")
  void kmemSlabsMatchTheGoldenTable(Csv.Row row) {
    if (row.text("error").isEmpty()) {
      SplGeometry geometry = of(CacheType.KMEM, row.number("size"), PAGE);
      assertEquals(row.number("slab_bytes"), geometry.slabBytes());
      assertEquals(row.number("objects_per_slab"), geometry.objects());
      assertEquals(geometry.slabBytes(), geometry.runBytes(), "one run");
    } else {
      String message = assertThrows(KmemException.Usage.class, () -> of(CacheType.KMEM, row.number("size"), PAGE))
          .getMessage();
      assertTrue(message.contains(row.text("error")) && message.contains("size = " + row.text("size")), message);
    }
  }

  /** By hand: at least two pages, else half of the power of two that holds eight; 128 pages at most. */
  @ParameterizedTest
  @CsvSource({"16384, 8, 32768, 681", "65536, 8, 131072, 2729", "16384, 4096, 32768, 7", "65536, 4096, 131072, 31",
    "16384, 131072, 1048576, 7", "65536, 131072, 1048576, 7", "16384, 2097048, 2097152, 1",
    "65536, 8388504, 8388608, 1"})
  void kmemSlabsOnLargerPages(int page, long size, long slabBytes, int objects) {
    SplGeometry geometry = of(CacheType.KMEM, size, page);
    assertEquals(slabBytes, geometry.slabBytes());
    assertEquals(objects, geometry.objects());
    assertThrows(KmemException.Usage.class, () -> of(CacheType.KMEM, 128L * page - 103, page));
  }

  @ParameterizedTest
  @CsvSource({"4096, 8, 448, 256", "16384, 8, 448, 256", "4096, 4056, 32832, 128", "16384, 4056, 32832, 256",
    "16384, 4057, 32896, 128", "65536, 16344, 131136, 256", "65536, 16345, 131200, 128"})
  void exactSlabsDoNotDependOnThePageButMagazinesDo(int page, long size, long slabBytes, int magazine) {
    SplGeometry geometry = of(CacheType.VMEM, size, page);
    assertEquals(slabBytes, geometry.slabBytes());
    assertEquals(magazine, geometry.magazineSize());
  }

  /** By hand: 1 << (fls(size + 40) + 1), in whole pages; a page for the header. */
  @ParameterizedTest
  @CsvSource({"4096, 8, 4096", "4096, 472, 4096", "4096, 1000, 4096", "4096, 2000, 4096", "4096, 2001, 8192",
    "4096, 2008, 8192", "4096, 4048, 8192", "4096, 4056, 16384", "4096, 4096, 16384", "4096, 20480, 65536",
    "4096, 1048576, 4194304",
    "16384, 8, 16384", "16384, 4096, 16384", "16384, 4056, 16384", "65536, 20480, 65536", "65536, 8, 65536"})
  void offslabObjectsHaveBlocksOfTheirOwn(int page, long size, long block) {
    SplGeometry geometry = of(CacheType.OFFSLAB, size, page);
    long object = (size + 7) / 8 * 8 + 40;
    int fls = 0;
    for (long rest = object; rest != 0; rest >>= 1) {
      fls++;
    }
    assertEquals(Math.ceilDiv(1L << (fls + 1), page) * page, block, "the table itself");
    assertEquals(block, geometry.stride());
    assertEquals(page, geometry.header());
    assertEquals(page, geometry.runBytes());
    assertEquals(8, geometry.objects());
    assertEquals(page + 8 * block, geometry.slabBytes(), "the blocks count");
    assertEquals(SplGeometry.magazineSize(object, page, 0), geometry.magazineSize(), "by the object, not by its block");
  }

  @Test
  void offslabTakesTheTargetExactlyWhateverTheLargestSlab() {
    CacheSpec spec = CacheSpec.of("many", 1 << 20).objectsPerSlab(1000);
    SplGeometry geometry = SplGeometry.of(spec, CacheType.OFFSLAB, TUNABLES, PAGE, 0);
    assertEquals(1000, geometry.objects());
    assertEquals(1000L * (4 << 20) + PAGE, geometry.slabBytes());
  }

  @Test
  void offslabOutOfBandHasNoHeader() {
    SplGeometry geometry = SplGeometry.of(CacheSpec.of("bare", 4096), CacheType.OFFSLAB, Tunables.defaults(), PAGE, 0);
    assertEquals(0, geometry.runBytes());
    assertEquals(16384, geometry.stride());
    assertEquals(8 * 16384, geometry.slabBytes());
  }

  @Test
  void kmemLimitsItsOffslabObjects() {
    CacheSpec large = CacheSpec.of("large", 524_248).flags(CacheFlag.KMEM, CacheFlag.OFFSLAB);
    assertEquals(8, SplGeometry.of(large, CacheType.OFFSLAB, TUNABLES, PAGE, 0).objects());
    CacheSpec larger = CacheSpec.of("larger", 524_249).flags(CacheFlag.KMEM, CacheFlag.OFFSLAB);
    assertThrows(KmemException.Usage.class, () -> SplGeometry.of(larger, CacheType.OFFSLAB, TUNABLES, PAGE, 0));
    CacheSpec virtual = CacheSpec.of("virtual", 524_249).flags(CacheFlag.VMEM, CacheFlag.OFFSLAB);
    assertEquals(8, SplGeometry.of(virtual, CacheType.OFFSLAB, TUNABLES, PAGE, 0).objects());
  }

  @ParameterizedTest
  @CsvSource({"KVMEM, 4194304, 7", "KMEM, 131072, 3", "KMEM, 8, 169", "OFFSLAB, 4194304, 8"})
  void aSlabOfFewerObjectsThanTheLeastIsRefused(CacheType type, long size, int objects) {
    Tunables least = TUNABLES.with(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB_MIN, objects);
    assertEquals(objects, SplGeometry.of(CacheSpec.of("least", size), type, least, PAGE, 0).objects());
    Tunables more = TUNABLES.with(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB_MIN, objects + 1);
    String message = assertThrows(KmemException.Usage.class,
        () -> SplGeometry.of(CacheSpec.of("least", size), type, more, PAGE, 0)).getMessage();
    assertTrue(message.contains("spl_kmem_cache_obj_per_slab_min = " + (objects + 1)), message);
  }

  private static SplGeometry of(CacheType type, long size, int page) {
    return SplGeometry.of(CacheSpec.of("old", size), type, TUNABLES.onPages(page), page, 0);
  }
}
