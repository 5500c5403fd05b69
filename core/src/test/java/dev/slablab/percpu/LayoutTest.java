package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.slab.SlabList;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where real JVMs put the hot fields: each mode is a fork, JOL looks inside. */
class LayoutTest {
  private static final List<String> HOT = List.of("word", "capacity", "objects", "moved", "aged", "looks");

  enum Mode {
    ORDINARY(12, 4, "-XX:-UseCompactObjectHeaders"),
    COMPACT_HEADERS(8, 4, "-XX:+UseCompactObjectHeaders"),
    FULL_REFERENCES(12, 8, "-XX:-UseCompactObjectHeaders", "-XX:-UseCompressedOops");

    final long header;
    final long reference;
    final List<String> flags;

    Mode(long header, long reference, String... flags) {
      this.header = header;
      this.reference = reference;
      this.flags = List.of(flags);
    }
  }

  /** The broken twins: what an owner writes, with nothing around it; and padded at one end only. */
  static class Packed {
    final long tid = 1;
    long word;
    int capacity;
    long[] objects = {};
    long moved;
    long aged;
    int looks;
  }

  static final class NoTail extends Stack {
    NoTail() {
      super(1);
    }
  }

  /** Classes of other packages by name: they are not public. */
  private static final List<String> OTHERS = List.of("dev.slablab.spl.Slab", "dev.slablab.linux.LinuxSlab",
      "dev.slablab.linux.Node", "dev.slablab.linux.ArrayCache", "dev.slablab.spl.SlabLists");

  private static final Map<Mode, Layout> LAYOUTS = new EnumMap<>(Mode.class);

  @BeforeAll
  static void probe() throws ClassNotFoundException {
    List<Class<?>> classes = new ArrayList<>(List.of(Lease.class, Magazine.class, SlabList.class, Packed.class,
        NoTail.class));
    for (String name : OTHERS) {
      classes.add(Class.forName(name));
    }
    for (Mode mode : Mode.values()) {
      LAYOUTS.put(mode, Layout.of(mode.flags, classes));
    }
  }

  private static Layout layout(Mode mode) {
    return LAYOUTS.get(mode);
  }

  @ParameterizedTest
  @EnumSource
  void theForkIsInTheMode(Mode mode) {
    assertEquals(mode.header, layout(mode).number("header"));
    assertEquals(mode.reference, layout(mode).number("reference"));
  }

  @ParameterizedTest
  @EnumSource
  void whatAnOwnerWritesSharesNoLinesWithAnythingElse(Mode mode) {
    assertEquals(List.of(), layout(mode).complaints(Lease.class, HOT, List.of("tid")));
    assertEquals(List.of(), layout(mode).complaints(Magazine.class, HOT, List.of("tid")));
  }

  @ParameterizedTest
  @EnumSource
  void neitherDoTheElementsOfAMagazine(Mode mode) {
    for (int capacity : new int[] {1, 2, 3, 256}) {
      Magazine magazine = new Magazine(capacity);
      assertEquals(capacity, magazine.room());
      assertTrue(magazine.push(42));
      assertEquals(42, magazine.objects[Pad.ELEMENTS], "the first element");
      assertEquals(List.of(), layout(mode).complaints("long", magazine.objects.length, Pad.ELEMENTS,
          Pad.ELEMENTS + capacity - 1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void norTheSlotsOfTheBufferPool(Mode mode) {
    for (int cpus : new int[] {1, 2, 3, 8}) {
      BufferPool pool = new BufferPool(cpus);
      List<Integer> slots = java.util.stream.IntStream.range(0, 16)
          .map(pool::slot).sorted().distinct().boxed().toList();
      assertTrue(slots.size() >= cpus, "slots = " + slots);
      assertEquals(List.of(),
          layout(mode).complaints("Object", pool.length(), slots.getFirst(), slots.getLast()));
      for (int i = 1; i < slots.size(); i++) {
        assertTrue((slots.get(i) - slots.get(i - 1)) * layout(mode).number("reference") >= Layout.APART, "" + slots);
      }
    }
  }

  /** The check itself: it must name every field of the packed twin, and the missing end of the other. */
  @ParameterizedTest
  @EnumSource
  void packedTwinsAreFound(Mode mode) {
    List<String> packed = layout(mode).complaints(Packed.class, HOT, List.of("tid"));
    assertEquals(3 * HOT.size(), packed.size(), packed.toString());
    List<String> open = layout(mode).complaints(NoTail.class, HOT, List.of("tid"));
    assertNotEquals(List.of(), open);
    assertTrue(open.stream().allMatch(text -> text.contains("and the object behind")), open.toString());
    assertEquals(2, layout(mode).complaints("long", 8, 0, 7).size());
  }

  /** The sizes that the package texts, and the waste per slab in the results, rest on. */
  @ParameterizedTest
  @EnumSource
  void sizesAreAsDocumented(Mode mode) throws ClassNotFoundException {
    Map<String, List<Long>> expected = Map.of( // ordinary, compact headers, full references
        "dev.slablab.percpu.Lease", List.of(328L, 320L, 336L),
        "dev.slablab.percpu.Magazine", List.of(320L, 320L, 328L),
        "dev.slablab.slab.SlabList", List.of(24L, 24L, 32L),
        "dev.slablab.spl.Slab", List.of(72L, 64L, 104L),
        "dev.slablab.linux.LinuxSlab", List.of(80L, 72L, 104L),
        "dev.slablab.linux.Node", List.of(136L, 136L, 168L),
        "dev.slablab.linux.ArrayCache", List.of(32L, 24L, 40L),
        "dev.slablab.spl.SlabLists", List.of(128L, 120L, 136L));
    Map<String, Long> wanted = new TreeMap<>();
    Map<String, Long> found = new TreeMap<>();
    for (Map.Entry<String, List<Long>> entry : expected.entrySet()) {
      wanted.put(entry.getKey(), entry.getValue().get(mode.ordinal()));
      found.put(entry.getKey(), layout(mode).bytes(Class.forName(entry.getKey())));
    }
    assertEquals(wanted, found);
  }
}
