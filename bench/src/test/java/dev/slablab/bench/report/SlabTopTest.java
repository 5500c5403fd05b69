package dev.slablab.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.Kmem;
import dev.slablab.KmemCache;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.CacheType;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of slabtop to the blank, and its orders. */
class SlabTopTest {
  private static final String HEADER = """
       Active / Total Objects (% used)    : 69 / 184 (37.5%)
       Active / Total Slabs (% used)      : 8 / 10 (80.0%)
       Active / Total Caches (% used)     : 3 / 4 (75.0%)
       Active / Total Size (% used)       : 53.25K / 77.00K (69.2%)
       Minimum / Average / Maximum Object : 0.12K / 0.42K / 8.00K

        OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME
      """;
  private static final String SMALL =
      "   120     30  25%    0.12K      4       30        16K small                  \n";
  private static final String MIDDLE =
      "    60     35  58%    0.50K      3       20        24K middle_of_them         \n";
  private static final String LARGE =
      "     4      4 100%    8.00K      3        1        48K a                      \n";
  private static final String NEW = "     0      0   0%    1.00K      0        4         0K new                    \n";

  /** The large cache has three objects in slabs, all active, and an emergency object. */
  private static List<CacheStats> caches() {
    return List.of(cache("small", 128, 4, 2, 30, 4096, 30, 0), cache("middle_of_them", 512, 3, 3, 20, 8192, 35, 0),
        cache("a", 8192, 3, 3, 1, 16384, 3, 1), cache("new", 1024, 0, 0, 4, 4096, 0, 0));
  }

  private static CacheStats cache(String name, long size, int slabs, int active, int objects, long slabBytes,
      long alloc, long emergency) {
    long total = (long) slabs * objects + emergency;
    return new CacheStats(name, CacheType.SLAB, Set.of(), Set.of(), size, size, slabBytes, slabBytes, objects, 16,
        new CacheStats.Slabs(slabs, active, active, slabs, 0, 0),
        new CacheStats.Objects(total, alloc, alloc, alloc, 0, alloc, 0), new CacheStats.Emergency(0, emergency, 1));
  }

  @Test
  void theTableIsSlabtops() {
    assertEquals(HEADER + SMALL + MIDDLE + LARGE + NEW, SlabTop.text(caches(), 'o'));
  }

  @ParameterizedTest
  @CsvSource({"a, MSLN", "b, SMNL", "c, LMSN", "l, SMLN", "v, MLSN", "n, LMNS", "o, SMLN", "p, LMSN", "s, LNMS",
      "u, LMSN"})
  void everyKeyHasItsOrder(char key, String order) {
    StringBuilder expected = new StringBuilder(HEADER);
    order.chars().forEach(row -> expected.append(switch (row) {
      case 'S' -> SMALL;
      case 'M' -> MIDDLE;
      case 'L' -> LARGE;
      default -> NEW;
    }));
    assertEquals(expected.toString(), SlabTop.text(caches(), key));
    assertEquals(10, SlabTop.KEYS.length());
    assertTrue(SlabTop.KEYS.indexOf(key) >= 0, "all of them are tried here");
  }

  /** 640 bytes are 0.625 KiB and 9 of 16 are 56.25 %: to even, not up. */
  @Test
  void halvesAreRoundedAsPrintfDoes() {
    String text = SlabTop.text(List.of(cache("half", 640, 1, 1, 16, 16384, 9, 0)), 'o');
    assertTrue(text.contains(": 9 / 16 (56.2%)") && text.contains(": 5.62K / 10.00K (56.2%)")
        && text.contains("  56%    0.62K "), text);
  }

  @Test
  void otherKeysAreNone() {
    String message = assertThrows(IllegalArgumentException.class, () -> SlabTop.text(caches(), 'x')).getMessage();
    assertEquals("key = x: must be one of abclvnopsu", message);
  }

  @Test
  void nothingIsATableToo() {
    String text = SlabTop.text(List.of(), 'o');
    assertTrue(text.contains(": 0 / 0 (0.0%)") && text.contains(": 0.00K / 0.00K / 0.00K"), text);
    assertEquals(7, text.lines().count());
  }

  /** The figures of a real cache: one object in use and, with this one allocation, what a refill brought. */
  @Test
  void aRealCacheIsShownAsItIs() {
    try (Kmem kmem = Kmem.create(); KmemCache cache = kmem.createCache(CacheSpec.of("real", 1024))) {
      long object = cache.alloc();
      CacheStats stats = cache.stats();
      String row = SlabTop.text(List.of(stats), 'o').lines().toList().getLast();
      assertEquals(List.of(Long.toString(stats.objects().total()), Long.toString(stats.objects().alloc())),
          List.of(row.strip().split(" +")).subList(0, 2));
      assertTrue(row.endsWith("K real                   ") && stats.objects().total() > 0, row);
      cache.free(object);
    }
  }
}
