package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.KmemException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The text of slabinfo to the blank, its self-check, and the line that retunes a cache. */
class SlabInfoTest {
  private static final String TITLES = "# name            <active_objs> <num_objs> <objsize> <objperslab> "
      + "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> "
      + "<sharedavail>";
  private static final String MORE_TITLES = " : globalstat <listallocs> <maxobjs> <grown> <reaped> <error> "
      + "<maxfreeable> <nodeallocs> <remotefrees> <alienoverflow> : cpustat <allochit> <allocmiss> <freehit> "
      + "<freemiss>";
  private static final SlabInfo.GlobalStat GLOBAL = new SlabInfo.GlobalStat(1, 2, 3, 4, 5, 6, 7, 8, 9);
  private static final SlabInfo.CpuStat CPU = new SlabInfo.CpuStat(10, 11, 12, 13);

  /** 1024 bytes aligned to lines: four objects a page. */
  private static LinuxGeometry geometry() {
    return LinuxGeometry.of("size-1024", 1024, 0, Set.of(CacheFlag.HWCACHE_ALIGN), 1, 4096, 64, 2);
  }

  private static SlabInfo row(String name, Consumer<SlabInfo.Count> counted) {
    SlabInfo.Count count = new SlabInfo.Count(geometry());
    counted.accept(count);
    return count.row(name, geometry(), GLOBAL, CPU);
  }

  private static SlabInfo sound() {
    return row("size-1024", count -> {
      count.slab("full", 4);
      count.slab("full", 4);
      count.slab("partial", 1);
      count.slab("free", 0);
      count.node(5, 17);
      count.node(2, 3);
    });
  }

  @Test
  void withoutStatistics() {
    assertEquals("slabinfo - version: 2.1\n" + TITLES + "\n"
        + "size-1024              9     16   1024    4    1 : tunables   54   27    8 : slabdata"
        + "      3      4     20\n",
        SlabInfo.text(List.of(sound()), false));
  }

  @Test
  void withStatistics() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab")); // whose digits would be others
    try {
      assertEquals("slabinfo - version: 2.1 (statistics)\n" + TITLES + MORE_TITLES + "\n"
          + "size-1024              9     16   1024    4    1 : tunables   54   27    8 : slabdata      3      4     20"
          + " : globalstat       1      2     3    4    5    6    7    8    9 : cpustat     10     11     12     13\n",
          SlabInfo.text(List.of(sound()), true));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void wideCellsPushTheRestAside() {
    SlabInfo row = new SlabInfo("a_name_of_18_chars", geometry().tuned(12345, 1, 0), 1234567, 1, 7654321, 0, GLOBAL,
        CPU, "");
    assertEquals("a_name_of_18_chars 1234567 30617284   1024    4    1 : tunables 12345    1    0 : slabdata"
        + "      1 7654321      0", SlabInfo.text(List.of(row), false).lines().toList().get(2));
  }

  @Test
  void rowsStandAsGiven() {
    List<String> lines = SlabInfo.text(List.of(row("newest", _ -> { }), row("oldest", _ -> { })), false)
        .lines().toList();
    assertEquals(4, lines.size());
    assertTrue(lines.get(2).startsWith("newest "), lines.get(2));
  }

  @Test
  void soundCountsPass() {
    sound().check();
    row("empty", _ -> { }).check();
  }

  @Test
  void contradictionsAreNamed() {
    contradicts("full list has 3 objects in use, expected 4..4", count -> count.slab("full", 3));
    contradicts("partial list has 0 objects in use, expected 1..3", count -> count.slab("partial", 0));
    contradicts("partial list has 4 objects in use, expected 1..3", count -> count.slab("partial", 4));
    contradicts("free list has 1 objects in use, expected 0..0", count -> count.slab("free", 1));
    contradicts("count 2 free objects, the slabs have 3", count -> {
      count.slab("partial", 1);
      count.node(2, 0);
    });
    contradicts("full list has 5", count -> { // the first of two
      count.slab("full", 5);
      count.slab("free", 2);
    });
  }

  private static void contradicts(String what, Consumer<SlabInfo.Count> counted) {
    SlabInfo row = row("size-1024", counted);
    String message = assertThrows(KmemException.Corruption.class, row::check).getMessage();
    assertTrue(message.contains("cache = size-1024") && message.contains(what), message);
    assertEquals(3, SlabInfo.text(List.of(row), false).lines().count(), "and the text can still be had");
  }

  @ParameterizedTest
  @CsvSource({"'size-1024 54 27 8', size-1024, 54, 27, 8", "'  size-1024\t1  1 0\n', size-1024, 1, 1, 0",
      "'my cache 120 60 0', my cache, 120, 60, 0", "'7 8 8 +8', 7, 8, 8, 8",
      "'size-1024 65535 1 1048576', size-1024, 65535, 1, 1048576"})
  void linesAreRead(String line, String name, int limit, int batch, int shared) {
    assertEquals(new TuneLine(name, limit, batch, shared), TuneLine.parse(line, name::equals));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "size-1024 54 27 | line = size-1024 54 27 | three whole numbers",
    "54 27 8 | line = 54 27 8 | three whole numbers",
    "'' | line = | three whole numbers",
    "size-1024 54 27 x | line = | three whole numbers",
    "size-1024 54 2.7 8 | line = | three whole numbers",
    "size-1024 5400000000000000000000 1 1 | line = | three whole numbers",
    "size-1025 54 27 8 | name = size-1025 | no Linux cache",
    "size-1024 54 27 8 9 | name = size-1024 54 | no Linux cache",
    "size-1024 0 0 0 | limit = 0 | 1..65535",
    "size-1024 -1 1 0 | limit = -1 | 1..65535",
    "size-1024 65536 1 0 | limit = 65536 | 1..65535",
    "size-1024 4294967297 1 0 | limit = 4294967297 | 1..65535",
    "size-1024 54 0 8 | batchcount = 0 | 1..54",
    "size-1024 54 55 8 | batchcount = 55 | 1..54",
    "size-1024 54 27 -1 | shared = -1 | 0..38836",
    "size-1024 54 27 38837 | shared = 38837 | 0..38836"})
  void whatIsWrongWithALineIsNamed(String line, String value, String legal) {
    String message = assertThrows(KmemException.Usage.class, () -> TuneLine.parse(line, "size-1024"::equals))
        .getMessage();
    assertTrue(message.contains(value) && message.contains(legal), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 129})
  void aLineHas128BytesAtMost(int bytes) {
    String line = "é" + "x".repeat(bytes - 8) + " 1 1 0";
    if (bytes == 128) {
      assertEquals(1, TuneLine.parse(line, _ -> true).limit());
    } else {
      String message = assertThrows(KmemException.Usage.class, () -> TuneLine.parse(line, _ -> true)).getMessage();
      assertTrue(message.contains("= 129: at most 128"), message);
    }
  }
}
