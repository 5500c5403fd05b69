package dev.slablab.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every row of the tunables: the golden rows of the specification, and what every row must satisfy. */
class TunableTest {
  /**
   * Name, default, least, greatest, whether a running allocator takes it: the specification's table, HEAD and ageing.
   */
  @ParameterizedTest
  @CsvSource({
    "spl_kmem_cache_magazine_size, 0, 0, 2147483647, false",
    "spl_kmem_cache_obj_per_slab, 8, 1, 1048576, true",
    "spl_kmem_cache_max_size, 32, 1, 4095, true",
    "spl_kmem_cache_slab_limit, 16384, 0, 4194304, true",
    "spl_kmem_cache_kmem_threads, 4, 1, 1024, false",
    "spl_kmem_cache_obj_per_slab_min, 1, 1, 1048576, true",
    "spl_kmem_cache_kmem_limit, 2048, 0, 9223372036854775807, true",
    "spl_kmem_cache_reclaim, 0, 0, 1, true",
    "spl_kmem_cache_expire, 1, 0, 3, true",
    "cache_delay, 15000, 1, 3600000, true"})
  void theOriginalsRows(String key, long defaultValue, long min, long max, boolean writable) {
    Tunable row = Tunable.of(key);
    assertEquals(key, row.key());
    assertEquals(defaultValue, row.defaultValue);
    assertEquals(min, row.min);
    assertEquals(max, row.max);
    assertEquals(writable, row.writable);
  }

  /** What each generation has where nothing is set, on pages of 4, 16 and 64 KiB. */
  @ParameterizedTest
  @CsvSource({
    "spl_kmem_cache_magazine_size, 0, 0, 0, 0, 0", "spl_kmem_cache_obj_per_slab, 8, 8, 8, 8, 8",
    "spl_kmem_cache_obj_per_slab_min, 1, 1, 1, 1, 1", "spl_kmem_cache_max_size, 32, 32, 32, 32, 32",
    "spl_kmem_cache_slab_limit, 16384, 16384, 16384, 0, 0", "spl_kmem_cache_kmem_limit, 2048, 2048, 2048, 8192, 32768",
    "spl_kmem_cache_kmem_threads, 4, 4, 4, 4, 4", "spl_kmem_cache_reclaim, 0, 0, 0, 0, 0",
    "spl_kmem_cache_expire, 1, 0, 2, 2, 2", "cache_delay, 15000, 15000, 15000, 15000, 15000",
    "cache_type, 0, 0, 1, 1, 1", "grow_in_caller, 1, 0, 0, 0, 0", "magazine_depot, 2, 0, 0, 0, 0",
    "object_layout, 1, 0, 0, 0, 0", "slab_decay, 1000, 0, 0, 0, 0", "memory_pressure, 0, 0, 10, 10, 10"})
  void aGenerationIsChosenAsAWhole(String key, long own, long head, long old, long old16, long old64) {
    Tunable row = Tunable.of(key);
    Tunables first = Tunables.defaults().with(Tunable.GENERATION, 1);
    Tunables then = Tunables.defaults().with(Tunable.GENERATION, 2);
    assertEquals(own, Tunables.defaults().get(row));
    assertEquals(head, first.get(row));
    assertEquals(old, then.get(row));
    assertEquals(old16, then.onPages(16 << 10).get(row));
    assertEquals(old64, then.onPages(64 << 10).get(row));
    for (long value : new long[] {row.min, Math.min(row.max, 7)}) { // what is set stays, in whichever order
      assertEquals(value, then.with(row, value).onPages(64 << 10).get(row));
      assertEquals(value, Tunables.defaults().with(row, value).with(Tunable.GENERATION, 2).get(row));
    }
  }

  @Test
  void onlyTheRowsOfTheTableDependOnTheGeneration() {
    Set<Tunable> differ = java.util.EnumSet.noneOf(Tunable.class);
    for (Tunable row : Tunable.values()) {
      for (Generation generation : Generation.values()) {
        if (row.defaultIn(generation, 4096) != row.defaultValue) {
          differ.add(row);
        }
      }
    }
    assertEquals(java.util.EnumSet.of(Tunable.SPL_KMEM_CACHE_EXPIRE, Tunable.CACHE_TYPE, Tunable.GROW_IN_CALLER,
        Tunable.MAGAZINE_DEPOT, Tunable.OBJECT_LAYOUT, Tunable.SLAB_DECAY, Tunable.MEMORY_PRESSURE), differ);
  }

  @ParameterizedTest
  @EnumSource
  void everyRowIsComplete(Tunable row) {
    assertTrue(row.key().matches("[a-z][a-z0-9_]*"), row.key());
    assertFalse(row.key().contains("."), "properties with a dot belong to tools");
    assertTrue(row.min <= row.defaultValue && row.defaultValue <= row.max);
    assertTrue(row.meaning.endsWith("."), row.meaning);
    assertFalse(row.up.isBlank() || row.down.isBlank(), "both directions of the trade");
    for (String cell : new String[] {row.meaning, row.up, row.down}) {
      assertFalse(cell.contains("|") || cell.contains("\n"), "fits into a table: " + cell);
    }
    assertEquals(row, Tunable.of(row.key()));
    assertTrue(row.range().endsWith(" " + row.unit.label), row.range());
    assertTrue(row.range().contains(Long.toString(row.min)), row.range());
  }

  @ParameterizedTest
  @EnumSource
  void everyRowReadsItsEdges(Tunable row) {
    for (long value : new long[] {row.min, row.defaultValue, row.max}) {
      assertEquals(value, row.parse(Long.toString(value)));
      assertEquals(value, row.parse(" " + value + "\t"));
      assertEquals(value, row.parse("0x" + Long.toHexString(value)));
      assertEquals(value, row.check(value));
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyRowRefusesWhatIsOutOfRange(Tunable row) {
    refused(row, Long.toString(row.min - 1));
    assertThrows(KmemException.Usage.class, () -> row.check(row.min - 1));
    if (row.max < Long.MAX_VALUE) {
      refused(row, Long.toString(row.max + 1));
      assertThrows(KmemException.Usage.class, () -> row.check(row.max + 1));
    }
    refused(row, "99999999999999999999");
  }

  @ParameterizedTest
  @EnumSource
  void everyRowRefusesWhatIsNoNumber(Tunable row) {
    for (String text : new String[] {"", " ", "many", "1.5", "1e3", "0x", "--1", "1 0", "true", "8T", "8 K", "K",
        "1KK"}) {
      refused(row, text);
    }
    if (row.unit != Tunable.Unit.BYTES) {
      refused(row, "1K");
    }
  }

  private static void refused(Tunable row, String text) {
    String message = assertThrows(KmemException.Usage.class, () -> row.parse(text), text).getMessage();
    assertTrue(message.startsWith(row.key() + " = " + text), message);
    assertTrue(message.contains(row.range()), message);
  }

  @ParameterizedTest
  @CsvSource({"16k, 16384", "16K, 16384", "1m, 1048576", "4M, 4194304", "0x10K, 16384", "0K, 0", "0G, 0"})
  void byteCountsTakeSuffixes(String text, long value) {
    assertEquals(value, Tunable.SPL_KMEM_CACHE_SLAB_LIMIT.parse(text));
  }

  @Test
  void suffixesDoNotOverflow() {
    assertEquals(7L << 30, Tunable.MEMORY_LIMIT.parse("7G"));
    refused(Tunable.MEMORY_LIMIT, "9223372036854775807K");
    refused(Tunable.MEMORY_LIMIT, "8589934592G");
  }

  @ParameterizedTest
  @ValueSource(strings = {"010", "0064", "08"})
  void leadingZerosMakeNoOctalNumber(String text) {
    assertEquals(Long.parseLong(text), Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB.parse(text),
        "numbers are decimal or 0x, as the documentation says");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "SPL_KMEM_CACHE_MAX_SIZE", "spl_kmem_cache_maxsize",
      "slablab.memory_limit", " memory_limit"})
  void unknownNamesAreErrorsThatListTheKnown(String name) {
    String message = assertThrows(KmemException.Usage.class, () -> Tunable.of(name)).getMessage();
    assertTrue(message.startsWith("tunable = " + name), message);
    for (Tunable row : Tunable.values()) {
      assertTrue(message.contains(row.key()), message);
    }
  }

  @Test
  void namesAreUnique() {
    Set<String> keys = new HashSet<>();
    assertTrue(Arrays.stream(Tunable.values()).allMatch(row -> keys.add(row.key())));
  }
}
