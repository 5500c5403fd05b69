package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.DebugRig.Kind;
import dev.slablab.linux.LinuxChains;
import dev.slablab.page.Memory;
import dev.slablab.page.Pages;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.OpenKmems;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A18 for every kind of cache: each misuse, in ten places, is found and named from its level on by the very call; the
 * twin one level below lets the call pass – at level 0 it is found when the object reaches its slab.
 */
@Timeout(120)
class DebugLevelsTest {
  private static final int ROUNDS = 10;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  /** Commits a fault and gives the call that is to notice; the object is the round's victim. */
  private interface Act {
    Executable of(DebugRig rig, int round, long object);
  }

  private interface Words {
    String of(DebugRig rig, int round);
  }

  /** From which level on the call finds it, and what it says. */
  private record Fault(String name, int level, Words words, Act act) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static int over(DebugRig rig, int round) {
    return rig.size + round;
  }

  private static long at(DebugRig rig, int round) {
    return round * (rig.size - 1L) / 9; // the first byte to the last
  }

  private static final List<Fault> FAULTS = List.of(
      new Fault("overrun", 2, (rig, round) -> ": overrun: 1 bytes changed, in " + over(rig, round) + ".."
          + over(rig, round) + " of an object of " + rig.size + " bytes; expected 0xbb at ", (rig, round, object) -> {
            DebugRig.flip(object + over(rig, round), 1 << round % 8);
            return () -> rig.cache.free(object);
          }),
      new Fault("underrun", 2, (rig, round) -> ": underrun: 1 bytes changed, in " + (-1 - 5 * round) + ".."
          + (-1 - 5 * round) + " of ", (rig, round, object) -> {
            DebugRig.flip(object - 1 - 5 * round, 1 << round % 8);
            return () -> rig.cache.free(object);
          }),
      new Fault("write after free", 2, (rig, round) -> ": write after free: 1 bytes changed, in "
          + at(rig, round) + ".."
          + at(rig, round) + " of ", (rig, round, object) -> {
            rig.cache.free(object);
            DebugRig.flip(object + at(rig, round), 1 + round);
            return rig.level == 3 ? rig.cache::reap : () -> assertEquals(object, rig.cache.alloc());
          }),
      new Fault("double free", 1, (rig, round) -> ": double free", (rig, round, object) -> {
        rig.cache.free(object);
        return () -> rig.cache.free(object);
      }),
      new Fault("misaligned address", 1, (rig, round) -> ": misaligned address: " + (1 + round % 7) + " bytes behind",
          (rig, round, object) -> () -> rig.cache.free(object + 1 + round % 7)),
      new Fault("interior address", 1, (rig, round) -> ": interior address: " + 8 * (1 + round) + " bytes behind",
          (rig, round, object) -> () -> rig.cache.free(object + 8L * (1 + round))),
      new Fault("foreign address", 1, (rig, round) -> ": foreign address: belongs to a page run of its own",
          (rig, round, object) -> {
        long run = rig.kmem.alloc(100_000);
        return () -> rig.cache.free(run + 8L * round);
      }),
      new Fault("wrong cache", 1, (rig, round) -> "cache = other, address = " + Memory.hex(rig.victim(round))
          + ": foreign address: belongs to cache watched", (rig, round, object) -> () -> rig.other.free(object)),
      new Fault("destroyed cache", 1, (rig, round) -> "cache = other, address = " + Memory.hex(rig.victim(round))
          + ": foreign address: is no object of this allocator, or its slab has been returned",
          (rig, round, object) -> {
            assertEquals(16, rig.cache.closeLeaking().objects());
            assertTrue(assertThrows(KmemException.Usage.class, () -> rig.cache.free(object)).getMessage()
                .contains("cache = watched: the cache is closed"), "at every level");
            return () -> rig.other.free(object);
          }));

  static Stream<Arguments> faults() {
    return Arrays.stream(Kind.values()).flatMap(kind -> FAULTS.stream().flatMap(fault ->
        IntStream.rangeClosed(fault.level, 3).mapToObj(level -> Arguments.of(kind, fault, level))));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void isFoundByTheCall(Kind kind, Fault fault, int level) {
    for (int round = 0; round < ROUNDS; round++) {
      DebugRig rig = new DebugRig(kmems, kind, level);
      Executable call = fault.act.of(rig, round, rig.victim(round));
      String message = assertThrows(KmemException.Corruption.class, call, () -> "nothing found").getMessage();
      assertTrue(message.contains(fault.words.of(rig, round)), message);
      assertTrue(message.contains("cache = ") && message.contains("address = 0x"), message);
    }
  }

  static Stream<Arguments> twins() {
    return Arrays.stream(Kind.values()).flatMap(kind -> FAULTS.stream().map(fault -> Arguments.of(kind, fault)));
  }

  @ParameterizedTest
  @MethodSource("twins")
  void isNotFoundByTheCallOneLevelBelow(Kind kind, Fault fault) {
    for (int round = 0; round < ROUNDS; round++) {
      DebugRig twin = new DebugRig(kmems, kind, fault.level - 1);
      assertDoesNotThrow(fault.act.of(twin, round, twin.victim(round)));
      if (twin.level == 0) {
        String late = assertThrows(KmemException.Corruption.class, twin.kmem::reap).getMessage();
        assertTrue(late.contains("found when the object reached its slab") || late.contains("is no object of")
            || late.contains("belongs to"), late);
      }
    }
  }

  /** Before anything is changed: the object is still in use, and its own free goes through. */
  @ParameterizedTest
  @EnumSource
  void whatIsRefusedChangesNothing(Kind kind) {
    for (int level = 1; level <= 3; level++) {
      DebugRig rig = new DebugRig(kmems, kind, level);
      for (int round = 0; round < ROUNDS; round++) {
        long object = rig.victim(round);
        assertThrows(KmemException.Corruption.class, () -> rig.other.free(object));
        assertThrows(KmemException.Corruption.class, () -> rig.cache.free(object + 3));
        assertThrows(KmemException.Corruption.class, () -> rig.cache.free(object + 8));
        if (level > 1) {
          DebugRig.flip(object + rig.size, 1);
          assertThrows(KmemException.Corruption.class, () -> rig.cache.free(object));
          assertThrows(KmemException.Corruption.class, rig.cache::verify, "verify looks at objects in use");
          DebugRig.flip(object + rig.size, 1);
        } else if (!kind.trailer()) { // whose neighbour it is
          DebugRig.flip(object + rig.size, 1);
          assertDoesNotThrow(rig.cache::verify);
          DebugRig.flip(object + rig.size, 1);
        }
        assertEquals(16, rig.cache.stats().objects().inuse());
      }
      rig.kmem.verify();
      rig.objects.forEach(rig.cache::free);
      rig.cache.close();
    }
  }

  /** Of Linux none is an object's number, nor the end: LIVE, text, poison; to SPL, whose states have 8 bytes, "out". */
  private static final int[] BROKEN_LINKS = {0x0BAD, -2, -3, 34_567, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x4141_4141,
      0x6b6b_6b6b, 0xbbbb_bbbb, 0x6f75_7420};

  /** A10 of A18: what no debug level is needed for. Out of band the list is on the Java heap. */
  @ParameterizedTest
  @EnumSource(names = {"TRAILER", "KMEM", "VMEM_TRAILER", "OFFSLAB_TRAILER", "ON_SLAB", "OFF_SLAB"})
  void aBrokenFreeListIsFoundAtEveryLevel(Kind kind) {
    for (int level = 0; level <= 3; level++) {
      for (int wrong : BROKEN_LINKS) {
        for (boolean broken : new boolean[] {true, false}) {
          DebugRig rig = new DebugRig(kmems, kind, level);
          long object = rig.victim(0);
          rig.cache.free(object);
          rig.cache.reap(); // straight to its slab, whose others are in use
          long inner = object - (level < 2 ? 0 : 64);
          long innerSize = level < 2 ? rig.size : 64 + rig.size + 16;
          long word = !kind.linux() ? inner + Pages.roundUp(innerSize, 8) + 8
              : LinuxChains.link(rig.kmem.map, inner);
          int sound = Memory.getInt(word);
          Memory.putInt(word, broken ? wrong : sound);
          Executable refill = () -> {
            for (int i = 0; i < 20; i++) {
              long _ = rig.cache.alloc();
            }
          };
          if (broken) {
            String message = assertThrows(KmemException.Corruption.class, refill).getMessage();
            assertTrue(message.contains("cache = watched") && message.contains("overwritten"), message);
          } else {
            assertDoesNotThrow(refill);
          }
          Memory.putInt(word, sound);
        }
      }
    }
  }

  /** The object is not handed out again, so the write is found as its slab goes. */
  @ParameterizedTest
  @EnumSource
  void aWriteAfterFreeIsFoundAsTheSlabGoes(Kind kind) {
    for (int level = 1; level <= 3; level++) {
      for (int round = 0; round < ROUNDS; round++) {
        DebugRig rig = new DebugRig(kmems, kind, level);
        rig.objects.forEach(rig.cache::free);
        DebugRig.flip(rig.victim(round) + at(rig, round), 0x40);
        if (level == 1) {
          assertDoesNotThrow(rig.cache::close);
        } else {
          KmemException thrown = assertThrows(KmemException.class, rig.cache::close);
          String message = (level == 2 ? thrown : thrown.getSuppressed()[0]).getMessage();
          assertTrue(message.contains(": write after free: 1 bytes changed"), message);
          assertEquals(level == 2, rig.cache.stats().slabs().total() == 0, "what left quarantine so is not used again");
        }
      }
    }
  }

  /** Of an object that nobody has allocated again, in a magazine or in quarantine; told as often as it is asked. */
  @ParameterizedTest
  @EnumSource
  void verifyFindsAWriteAfterFree(Kind kind) {
    for (int level = 1; level <= 3; level++) {
      DebugRig rig = new DebugRig(kmems, kind, level);
      for (int round = 0; round < ROUNDS; round++) {
        long object = rig.victim(round);
        long byteAt = at(rig, round);
        rig.cache.free(object);
        DebugRig.flip(object + byteAt, 1 + round);
        if (level == 1) {
          assertDoesNotThrow(rig.cache::verify);
        } else {
          String message = assertThrows(KmemException.Corruption.class, rig.cache::verify).getMessage();
          assertTrue(message.contains("verify: cache = watched, address = " + Memory.hex(object)
              + ": write after free: 1 bytes changed, in " + byteAt + ".." + byteAt + " of "), message);
          assertThrows(KmemException.Corruption.class, rig.kmem::verify);
        }
        DebugRig.flip(object + byteAt, 1 + round);
        rig.cache.verify();
      }
    }
  }

  /** A slab is not used when its constructor wrote beyond an object; the twin uses it, or meets a broken list. */
  @ParameterizedTest
  @EnumSource
  void aConstructorThatOverrunsIsFoundAsTheSlabIsBuilt(Kind kind) {
    for (int level = 1; level <= 3; level++) {
      for (int round = 0; round < ROUNDS; round++) {
        Kmem kmem = kmems.open(Kmem.builder().tunables(DebugRig.tunables()));
        CacheSpec spec = kind.spec("built", level);
        long beyond = spec.size() + (level == 1 ? 0 : round);
        boolean[] wrong = {true};
        int bits = 1 << round % 8;
        KmemCache cache = kmem.createCache(spec.hooks((object, _, _) -> {
          if (wrong[0]) { // the first of the slab
            wrong[0] = false;
            DebugRig.flip(object + beyond, bits);
          }
        }, null, null, ConstructorPlacement.PER_SLAB));
        if (level == 1 && !kind.trailer()) {
          cache.free(assertDoesNotThrow(() -> cache.alloc()));
          continue;
        }
        String message = assertThrows(KmemException.Corruption.class, cache::alloc).getMessage();
        if (level == 1) {
          assertTrue(message.contains("free list: ") && message.contains("the trailer of a free object"), message);
          kmems.corrupted(kmem);
        } else {
          assertTrue(message.contains("construct: cache = built, address = 0x") && message.contains(
              ": overrun: 1 bytes changed, in " + beyond + ".." + beyond + " of "), message);
          assertEquals(0, cache.stats().slabs().total());
          cache.free(cache.alloc()); // it has learnt
        }
      }
    }
  }

  /** Beside an object, though in its slab; one level below there is a neighbour, a descriptor or nobody. */
  @ParameterizedTest
  @EnumSource
  void aWrongFreeInARedZoneIsNamed(Kind kind) {
    for (int level = 1; level <= 3; level++) {
      DebugRig rig = new DebugRig(kmems, kind, level);
      for (int round = 0; round < ROUNDS; round++) {
        long object = rig.victim(round);
        String behind = wrongFree(rig, object + over(rig, round) + 1);
        String before = wrongFree(rig, object - 1 - 5 * round);
        boolean zones = level > 1;
        assertEquals(zones, behind.contains(": in a red zone, " + (over(rig, round) + 1)
            + " bytes behind the start of an object: belongs to cache watched"), behind);
        assertEquals(zones, before.contains(": in a red zone, " + (1 + 5 * round)
            + " bytes before the start of an object: belongs to cache watched"), before);
        assertEquals(zones, behind.contains("red zone") && before.contains("red zone"));
      }
      rig.cache.verify();
      assertEquals(16, rig.cache.stats().objects().inuse());
    }
  }

  private static String wrongFree(DebugRig rig, long address) {
    return assertThrows(KmemException.Corruption.class, () -> rig.cache.free(address)).getMessage();
  }
}
