package dev.slablab.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sets of tunables: from defaults, properties and maps. */
class TunablesTest {
  @ParameterizedTest
  @EnumSource
  void defaultsAreTheRowsDefaults(Tunable row) {
    assertEquals(row.defaultValue, Tunables.defaults().get(row));
  }

  @ParameterizedTest
  @EnumSource
  void everyRowCanBeSetEveryWay(Tunable row) {
    String text = Long.toString(row.max);
    Properties properties = new Properties();
    properties.setProperty("slablab." + row.key(), text);
    assertEquals(row.max, Tunables.from(properties).get(row));
    assertEquals(row.max, Tunables.defaults().with(Map.of(row.key(), text)).get(row));
    Tunables changed = Tunables.defaults().with(row, row.max);
    assertEquals(row.max, changed.get(row));
    for (Tunable other : Tunable.values()) {
      if (other != row) {
        assertEquals(row == Tunable.GENERATION ? other.defaultIn(Generation.OLD, 4096) : other.defaultValue,
            changed.get(other), "no other row changes");
      }
    }
    assertEquals(row.defaultValue, Tunables.defaults().get(row), "sets are immutable");
  }

  @Test
  void propertiesWithAFurtherDotBelongToOthers() {
    Properties properties = new Properties();
    properties.setProperty("slablab.test.seed", "not a number");
    properties.setProperty("slablab.bench.memory_limit", "1");
    properties.setProperty("other.memory_limit", "x");
    properties.setProperty("slablabs", "x");
    properties.setProperty("memory_limit", "1");
    properties.setProperty("slablab.memory_limit", "1M");
    Tunables tunables = Tunables.from(properties);
    assertEquals(1 << 20, tunables.get(Tunable.MEMORY_LIMIT));
    assertSame(Tunables.defaults(), Tunables.from(new Properties()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"slablab.", "slablab.max_size", "slablab.memory-limit", "slablab.MEMORY_LIMIT"})
  void unknownPropertiesAreErrors(String name) {
    Properties properties = new Properties();
    properties.setProperty(name, "1");
    String message = assertThrows(KmemException.Usage.class, () -> Tunables.from(properties)).getMessage();
    assertTrue(message.contains("tunable = " + name.substring(8)), message);
  }

  @Test
  void badValuesAreErrorsHoweverTheyCome() {
    Properties properties = new Properties();
    properties.setProperty("slablab.spl_kmem_cache_max_size", "4096");
    for (String message : new String[] {
        assertThrows(KmemException.Usage.class, () -> Tunables.from(properties)).getMessage(),
        assertThrows(KmemException.Usage.class,
            () -> Tunables.defaults().with(Map.of("spl_kmem_cache_max_size", "4096"))).getMessage(),
        assertThrows(KmemException.Usage.class,
            () -> Tunables.defaults().with(Tunable.SPL_KMEM_CACHE_MAX_SIZE, 4096)).getMessage()}) {
      assertEquals("spl_kmem_cache_max_size = 4096: must be 1..4095 MiB", message);
    }
    assertThrows(KmemException.Usage.class, () -> Tunables.defaults().with(Map.of("nonsense", "1")));
  }

  @Test
  void settingsAddUp() {
    Tunables tunables = Tunables.defaults()
        .with(Map.of("spl_kmem_cache_obj_per_slab", "16", "memory_limit", "64M"))
        .with(Map.of("spl_kmem_cache_obj_per_slab", "32"));
    assertEquals(32, tunables.get(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB));
    assertEquals(64 << 20, tunables.get(Tunable.MEMORY_LIMIT));
  }
}
