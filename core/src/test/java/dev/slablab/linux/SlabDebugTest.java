package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.KmemException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each detector finds its fault, and not without its switch; on a slab in plain memory. */
class SlabDebugTest {
  private static final int SIZE = 100; // four bytes short of a word
  private static final int COLOUR = 64;
  private static final CacheFlag[] ALL = {CacheFlag.POISON, CacheFlag.RED_ZONE, CacheFlag.STORE_USER};

  private final Arena arena = Arena.ofShared();

  @AfterEach
  void close() {
    arena.close();
  }

  /** A slab of one cache, its objects free and marked; the operations as the runtime calls them. */
  private final class Rig {
    final LinuxGeometry geometry;
    final SlabDebug debug;
    final long slab;

    Rig(int size, CacheFlag... flags) {
      geometry = LinuxGeometry.of("bufs", size, 0, flags.length == 0 ? Set.of() : EnumSet.copyOf(Arrays.asList(flags)),
          1, 4096, 64, 2);
      debug = new SlabDebug("bufs", geometry, _ -> { });
      slab = arena.allocate(geometry.slabBytes() + COLOUR, 4096).address(); // a geometry may have no colours
      debug.created(slab, COLOUR);
    }

    long object(int index) {
      return geometry.address(slab, COLOUR, index);
    }

    long alloc(int index) {
      debug.allocated(slab, COLOUR, object(index), debug.caller());
      return object(index);
    }

    void free(long address) {
      debug.freed(slab, COLOUR, address, debug.caller());
    }

    void destroy() {
      debug.destroyed(slab, COLOUR);
    }
  }

  private static void put(long address, int value) {
    Memory.segment(address, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) value);
  }

  private static int get(long address) {
    return Memory.segment(address, 1).get(ValueLayout.JAVA_BYTE, 0) & 0xff;
  }

  private static String found(String kind, Executable operation) {
    String message = assertThrows(KmemException.Corruption.class, operation).getMessage();
    assertTrue(message.contains("cache = bufs, address = 0x") && message.contains(kind), message);
    return message;
  }

  @Test
  void whatBehavesIsLeftInPeaceUnderEverySetOfSwitches() {
    for (int set = 0; set < 8; set++) {
      int bits = set;
      Rig rig = new Rig(SIZE, Arrays.stream(ALL).filter(flag -> (bits >> Arrays.asList(ALL).indexOf(flag) & 1) != 0)
          .toArray(CacheFlag[]::new));
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < rig.geometry.objects(); i++) {
          Memory.fill(rig.alloc(i), SIZE, (byte) i);
        }
        for (int i = 0; i < rig.geometry.objects(); i++) {
          assertEquals(i, get(rig.object(i) + SIZE - 1), "the neighbours' marks are not in the object");
          rig.free(rig.object(i));
        }
        rig.destroy();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 15, 16, 4096})
  void everySizeHasItsMarks(int size) {
    Rig rig = new Rig(size, ALL);
    long object = rig.alloc(0);
    Memory.fill(object, size, (byte) 1);
    rig.free(object);
    long again = rig.alloc(0);
    put(again + size, get(again + size) ^ 0xff);
    found("overrun: 1 bytes changed, in " + size + ".." + size + " of an object of " + size, () -> rig.free(again));
  }

  @Test
  void marksAreTheKernels() {
    Rig rig = new Rig(SIZE, ALL);
    long object = rig.object(3);
    assertEquals(0x09F911029D74E35BL, Memory.getLong(object - 8));
    assertEquals(0x09F911029D74E35BL, Memory.getLong(object + 104));
    assertEquals(0, Memory.getLong(object + 112), "no user yet");
    assertEquals("6b 6b a5", hex(object, 0, 102, 103));
    long _ = rig.alloc(3);
    assertEquals(0xD84156C5635688C0L, Memory.getLong(object - 8));
    assertEquals(0xD84156C5635688C0L, Memory.getLong(object + 104));
    assertEquals("5a 5a a5", hex(object, 0, 102, 103));
    Memory.fill(object, SIZE, (byte) 7);
    rig.free(object);
    assertEquals(0x09F911029D74E35BL, Memory.getLong(object + 104));
    assertEquals("6b 6b a5", hex(object, 0, 102, 103));
  }

  private static String hex(long object, int... offsets) {
    return String.join(" ", Arrays.stream(offsets).mapToObj(at -> Integer.toHexString(get(object + at))).toList());
  }

  /** By one byte, in the bytes up to the next word, in the red zone, and across both. */
  @ParameterizedTest
  @CsvSource({"100, 100", "103, 103", "104, 104", "107, 107", "111, 111", "100, 111"})
  void anOverrunIsNamedToTheByte(int from, int to) {
    Rig rig = new Rig(SIZE, ALL);
    long object = rig.alloc(3);
    Memory.fill(object + from, to - from + 1, (byte) 0x17);
    String message = found("overrun: " + (to - from + 1) + " bytes changed, in " + from + ".." + to
        + " of an object of 100 bytes; expected 0x", () -> rig.free(object));
    assertTrue(message.contains("at " + from + ", found 0x17"), message);
    found("overrun", () -> rig.free(object)); // nothing was repaired
  }

  @Test
  void poisonAloneSeesAnOverrunUpToTheWordOnly() {
    Rig rig = new Rig(SIZE, CacheFlag.POISON);
    long object = rig.alloc(3);
    put(object + 100, 0x17);
    found("overrun: 1 bytes changed, in 100..100", () -> rig.free(object));
    put(object + 100, SlabDebug.IN_USE);
    long neighbour = rig.alloc(4);
    put(object + 104, 0x17);
    assertEquals(0x17, get(neighbour), "the next object is hit");
    assertDoesNotThrow(() -> rig.free(object));
  }

  @Test
  void withoutRedZonesNobodySeesAnOverrunOrAnUnderrun() {
    Rig rig = new Rig(SIZE, CacheFlag.STORE_USER);
    long object = rig.alloc(3);
    Memory.fill(object + 100, 4, (byte) 0x17);
    put(object - 9, 0x17);
    assertDoesNotThrow(() -> rig.free(object));
    assertDoesNotThrow(rig::destroy);
  }

  @ParameterizedTest
  @CsvSource({"-1, -1", "-8, -8", "-8, -1"})
  void anUnderrunIsNamedToTheByte(int from, int to) {
    Rig rig = new Rig(SIZE, CacheFlag.RED_ZONE);
    long object = rig.alloc(0); // before the first is the descriptor
    Memory.fill(object + from, to - from + 1, (byte) 0x17);
    found("underrun: " + (to - from + 1) + " bytes changed, in " + from + ".." + to, () -> rig.free(object));
  }

  @Test
  void bothAtOnceAreNamedSo() {
    Rig rig = new Rig(SIZE, ALL);
    long object = rig.alloc(1);
    put(object - 1, 0x17);
    put(object + 100, 0x17);
    found("underrun and overrun: 2 bytes changed, in -1..100", () -> rig.free(object));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 50, 103})
  void aWriteAfterFreeIsFoundWhenTheObjectIsHandedOutAgainOrItsSlabGoes(int at) {
    Rig rig = new Rig(SIZE, CacheFlag.POISON);
    rig.free(rig.alloc(3));
    put(rig.object(3) + at, 0x17);
    String kind = "write after free: 1 bytes changed, in " + at + ".." + at;
    found("alloc: ", () -> rig.alloc(3));
    found(kind, () -> rig.alloc(3));
    assertTrue(found(kind, rig::destroy).startsWith("slab destruction: "));
    put(rig.object(3) + at, at == 103 ? 0xa5 : 0x6b);
    assertDoesNotThrow(rig::destroy);
  }

  @Test
  void withoutPoisonOnlyTheZonesOfAFreeObjectAreSeen() {
    Rig rig = new Rig(SIZE, CacheFlag.RED_ZONE, CacheFlag.STORE_USER);
    rig.free(rig.alloc(3));
    Memory.fill(rig.object(3), 104, (byte) 0x17);
    assertDoesNotThrow(rig::destroy);
    assertDoesNotThrow(() -> rig.alloc(3));
    rig.free(rig.object(3));
    put(rig.object(3) + 104, 0x17);
    found("write after free: 1 bytes changed, in 104..104", () -> rig.alloc(3));
    found("write after free", rig::destroy);
  }

  @Test
  void aDoubleFreeIsNamed() {
    Rig rig = new Rig(SIZE, ALL);
    long object = rig.alloc(3);
    rig.free(object);
    found("double free", () -> rig.free(object));
    found("double free", () -> rig.free(rig.object(4))); // which nobody ever had
    assertDoesNotThrow(rig::destroy);
  }

  @Test
  void anObjectThatIsInUseIsNotHandedOut() {
    Rig rig = new Rig(SIZE, CacheFlag.RED_ZONE);
    long _ = rig.alloc(3);
    found("in use already", () -> rig.alloc(3));
    found("write after free: 16 bytes changed, in -8..111", rig::destroy);
  }

  @Test
  void withoutRedZonesADoubleFreeIsNot() {
    Rig rig = new Rig(SIZE, CacheFlag.STORE_USER);
    long object = rig.alloc(3);
    rig.free(object);
    assertDoesNotThrow(() -> rig.free(object));
    assertDoesNotThrow(() -> rig.alloc(3));
    assertDoesNotThrow(() -> rig.alloc(3));
  }

  @ParameterizedTest
  @CsvSource({"1, misaligned address: 1 bytes", "4, misaligned address: 4 bytes", "8, interior address: 8 bytes",
      "96, interior address: 96 bytes", "-8, interior address: 120 bytes", "-3, misaligned address: 125 bytes"})
  void addressesThatAreNoObjectsAreNamed(int offset, String kind) {
    for (CacheFlag[] flags : List.of(ALL, new CacheFlag[0])) { // addresses are checked in any case
      Rig rig = new Rig(flags.length == 0 ? 128 : SIZE, flags);
      long object = rig.alloc(3);
      found(kind, () -> rig.free(object + offset));
      rig.free(object);
    }
  }

  @Test
  void foreignAddressesAreNamed() {
    Rig rig = new Rig(SIZE, ALL);
    long descriptor = rig.slab;
    String kind = "foreign address: not in the objects of slab " + Memory.hex(rig.slab);
    for (long address : new long[] {0, -1, descriptor, rig.object(-1), rig.object(rig.geometry.objects()),
        rig.slab + 4096, Long.MIN_VALUE}) {
      found(kind, () -> rig.free(address));
    }
    found(kind, () -> rig.free(new Rig(SIZE, ALL).alloc(0)));
  }

  @Test
  void aReportShowsSixLinesAndTheNeighbours() {
    Rig rig = new Rig(200, CacheFlag.POISON, CacheFlag.RED_ZONE);
    rig.free(rig.alloc(3));
    long live = rig.alloc(4);
    Memory.fill(live, 200, (byte) 0x11);
    Memory.fill(rig.object(3) + 2, 150, (byte) 0x17);
    List<String> lines = found("write after free: 150 bytes changed, in 2..151 of an object of 200 bytes;"
        + " expected 0x6b at 2, found 0x17", () -> rig.alloc(3)).lines().toList();
    String changed = " 17".repeat(16).strip();
    assertEquals(List.of("       0: 6b 6b" + " 17".repeat(14), "      16: " + changed, "      32: " + changed,
        "      48: " + changed, "      64: " + changed, "      80: " + changed,
        "  before: " + Memory.hex(rig.object(2)) + ", free: " + "6b ".repeat(16).strip(),
        "  object: " + Memory.hex(rig.object(3)) + ", free: 6b 6b" + " 17".repeat(14),
        "  behind: " + Memory.hex(live) + ", in use: " + "11 ".repeat(16).strip()), lines.subList(1, lines.size()));
  }

  @Test
  void linesWithoutAChangeAreLeftOutAndZonesAreShown() {
    Rig rig = new Rig(SIZE, CacheFlag.RED_ZONE);
    long object = rig.alloc(0);
    Memory.fill(object, SIZE, (byte) 0x22);
    put(object - 2, 0x17);
    put(object + 110, 0x42);
    List<String> lines = found("underrun and overrun", () -> rig.free(object)).lines().toList();
    assertEquals("      -8: c0 88 56 63 c5 56 17 d8", lines.get(1));
    assertEquals("      96: 22 22 22 22 5a 5a 5a a5 c0 88 56 63 c5 56 42 d8", lines.get(2));
    assertTrue(lines.get(3).startsWith("  object: "), "the first has none before it: " + lines);
  }

  @Test
  void aSingleBitIsHintedAtAndNothingElse() {
    Rig rig = new Rig(SIZE, CacheFlag.POISON);
    put(rig.object(3) + 9, 0x6b ^ 0x10);
    assertTrue(found("write after free", () -> rig.alloc(3)).contains("a single bit differs"));
    put(rig.object(3) + 9, 0x6b ^ 0x11);
    assertFalse(found("write after free", () -> rig.alloc(3)).contains("a single bit differs"));
    put(rig.object(3) + 9, 0x6b ^ 0x10);
    put(rig.object(3) + 10, 0x6b ^ 0x10);
    assertFalse(found("write after free", () -> rig.alloc(3)).contains("a single bit differs"));
  }

  @Test
  void theLastUserIsRemembered() {
    Rig rig = new Rig(SIZE, ALL);
    rig.free(rig.alloc(3));
    long _ = rig.alloc(4);
    List<String> lines = found("double free", () -> rig.free(rig.object(3))).lines().toList();
    assertTrue(lines.get(1).contains("before: ") && lines.get(1).contains("free, last user nobody: "), lines.get(1));
    assertTrue(lines.get(2).contains("object: ") && lines.get(2).contains("last user ")
        && lines.get(2).contains("SlabDebugTest$Rig.free(SlabDebugTest.java:"), lines.get(2));
    assertTrue(lines.get(3).contains("in use, last user ") && lines.get(3).contains("SlabDebugTest$Rig.alloc("),
        lines.get(3));
    Memory.putLong(rig.object(3) + 112, -5);
    assertTrue(found("double free", () -> rig.free(rig.object(3)))
        .contains("0xfffffffffffffffb, which is no call site"));
  }

  @Test
  void withoutStoreUserNobodyIsAsked() {
    Rig rig = new Rig(SIZE, CacheFlag.RED_ZONE);
    assertEquals(0, rig.debug.caller());
    rig.free(rig.alloc(3));
    assertFalse(found("double free", () -> rig.free(rig.object(3))).contains("last user"));
  }

  @Test
  void aCallSiteHasOneWord() {
    long[] words = new long[3];
    for (int i = 0; i < 2; i++) {
      words[i] = Callers.word();
    }
    words[2] = Callers.word();
    assertEquals(words[0], words[1]);
    assertTrue(words[0] != words[2], "another line");
    assertTrue(Callers.name(words[0]).contains("aCallSiteHasOneWord"), Callers.name(words[0]));
    assertTrue(Callers.name(Long.MAX_VALUE).contains("no call site"));
  }
}
