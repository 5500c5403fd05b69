package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Area;
import dev.slablab.page.Memory;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.OpenKmems;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A18: ten faults, each committed ten times in as many places against a cache with all of POISON, RED_ZONE and
 * STORE_USER, is found and named by the very call; its twin, without the switch that is to find it, lets it pass.
 */
@Timeout(60)
class LinuxDebugAcceptanceTest {
  private static final int SIZE = 96; // whole words: nothing of an object but its zones surrounds it
  private static final Set<CacheFlag> ALL =
      Collections.unmodifiableSet(EnumSet.of(CacheFlag.POISON, CacheFlag.RED_ZONE, CacheFlag.STORE_USER));

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  /** An instance with one CPU array, two caches alike, and objects of both. */
  private final class World {
    final Kmem kmem = kmems.open(Kmem.builder().tunables(Tunables.defaults().with(Tunable.NUMA_NODES, 1)
        .with(Tunable.POSSIBLE_CPUS, 1)
        .with(Tunable.MAGAZINE_PLACEMENT, MagazinePlacement.HASHED.ordinal())));
    final KmemCache cache;
    final KmemCache other;
    /** By address; the first is its slab's first. */
    final List<Long> objects = new ArrayList<>();

    World(int size, Set<CacheFlag> flags) {
      kmems.corrupted(kmem);
      cache = kmem.createCache(spec("watched", size, flags));
      other = kmem.createCache(spec("other", size, flags));
      long _ = other.alloc();
      for (int i = 0; i < 16; i++) {
        objects.add(cache.alloc());
        Memory.fill(objects.getLast(), size, (byte) i);
      }
      Collections.sort(objects);
      assertEquals(slab(), objects.getLast() & -4096, "all in one slab of one page");
    }

    private static CacheSpec spec(String name, int size, Set<CacheFlag> flags) {
      return CacheSpec.of(name, size).flags(CacheFlag.SLAB).flags(flags.toArray(CacheFlag[]::new));
    }

    long slab() {
      return objects.getFirst() & -4096;
    }

    void flip(long address, int bits) {
      Memory.segment(address, 1).set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) (byteAt(address) ^ bits));
    }

    private byte byteAt(long address) {
      return Memory.segment(address, 1).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0);
    }
  }

  /** Commits a fault and gives the call that is to notice. */
  private interface Act {
    Executable of(World world, int round, long object);
  }

  /** What finds it, what its message says, and the address it names, by round. */
  private record Fault(String name, Set<CacheFlag> detectors, Act act, java.util.function.IntFunction<String> message,
      java.util.function.ToLongBiFunction<World, Integer> address) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static long victim(World world, int round) {
    return world.objects.get(2 + round);
  }

  private static Fault at(String name, Set<CacheFlag> detectors, java.util.function.IntFunction<String> message,
      Act act, LongUnaryOperator offset) {
    return new Fault(name, detectors, act, message, (world, round) -> victim(world, round) + offset.applyAsLong(round));
  }

  static Stream<Arguments> faults() {
    Set<CacheFlag> zones = Set.of(CacheFlag.RED_ZONE);
    return Stream.of(
        at("overrun", zones, round -> ": overrun: 1 bytes changed, in " + (SIZE + round % 8) + ".." + (SIZE + round % 8)
            + " of an object of 96 bytes", (world, round, object) -> {
              world.flip(object + SIZE + round % 8, 1 << round % 8);
              return () -> world.cache.free(object);
            }, _ -> 0),
        at("underrun", zones, round -> ": underrun: 1 bytes changed, in " + (-1 - round % 8) + ".." + (-1 - round % 8)
            + " of", (world, round, object) -> {
              world.flip(object - 1 - round % 8, 0x80 >> round % 8);
              return () -> world.cache.free(object);
            }, _ -> 0),
        at("write after free", Set.of(CacheFlag.POISON), round -> "alloc: cache = watched, address = ",
            (world, round, object) -> {
              world.cache.free(object);
              world.flip(object + round * (SIZE - 1L) / 9, 1 + round); // the first byte to the last
              return () -> assertEquals(object, world.cache.alloc());
            }, _ -> 0),
        at("double free", zones, _ -> ": double free: both red zones are inactive", (world, round, object) -> {
          world.cache.free(object);
          return () -> world.cache.free(object);
        }, _ -> 0),
        at("misaligned address", ALL, round -> ": misaligned address: " + (1 + round % 7) + " bytes behind",
            (world, round, object) -> () -> world.cache.free(object + 1 + round % 7), round -> 1 + round % 7),
        at("interior address", ALL, round -> ": interior address: " + 8 * (1 + round) + " bytes behind",
            (world, round, object) -> () -> world.cache.free(object + 8L * (1 + round)), round -> 8 * (1 + round)),
        new Fault("foreign address, in the slab", ALL,
            (world, round, object) -> () -> world.cache.free(world.slab() + 16L * round),
            _ -> ": foreign address: not in the objects of slab", (world, round) -> world.slab() + 16L * round),
        new Fault("foreign address, of no slab", ALL,
            (world, round, object) -> () -> world.cache.free(nowhere(world, round)),
            _ -> "no object of this allocator", LinuxDebugAcceptanceTest::nowhere),
        new Fault("wrong cache", ALL, (world, round, object) -> () -> world.other.free(object),
            _ -> "belongs to cache watched", LinuxDebugAcceptanceTest::victim),
        new Fault("destroyed cache", ALL, (world, round, object) -> {
          assertEquals(16, world.cache.closeLeaking().objects());
          return () -> world.other.free(object);
        }, _ -> "no object of this allocator, or its slab has been returned", LinuxDebugAcceptanceTest::victim))
        .flatMap(fault -> IntStream.range(0, 10).mapToObj(round -> Arguments.of(fault, round)));
  }

  private static long nowhere(World world, int round) {
    return world.kmem.source.base(Area.OBJECTS) + world.kmem.source.span(Area.OBJECTS) - 4096L * (1 + round);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void isFoundAndNamedAndNotWithoutItsSwitch(Fault fault, int round) {
    World world = new World(SIZE, ALL);
    long address = fault.address.applyAsLong(world, round);
    Executable call = fault.act.of(world, round, victim(world, round));
    String message = assertThrows(KmemException.Corruption.class, call).getMessage();
    assertTrue(message.contains(fault.message.apply(round)), message);
    assertTrue(message.contains("address = " + Memory.hex(address)), message);
    assertTrue(message.contains("cache = " + (message.contains("belongs") || message.contains("returned")
        && fault.name.startsWith("destroyed") ? "other" : "watched")), message);
    if (fault.name.equals("write after free")) {
      long at = round * (SIZE - 1L) / 9;
      assertTrue(message.contains("write after free: 1 bytes changed, in " + at + ".." + at + " "), message);
    }

    EnumSet<CacheFlag> others = EnumSet.copyOf(ALL);
    others.removeAll(fault.detectors);
    World twin = new World(SIZE, others);
    assertDoesNotThrow(fault.act.of(twin, round, victim(twin, round)));
  }

  /** Four bytes up to the next word belong to nobody, and then there is the zone: each byte by itself. */
  @Test
  void anOverrunByOneByteIsFoundWhateverTheSize() {
    for (int size : new int[] {8, 9, 15, 61, 100}) {
      for (int at = size; at < (size + 7 & -8) + 8; at++) {
        int offset = at;
        World world = new World(size, ALL);
        long object = victim(world, at % 8);
        world.flip(object + offset, 0x10);
        found(": overrun: 1 bytes changed, in " + at + ".." + at + " ", () -> world.cache.free(object));
        world.flip(object + offset, 0x10); // put right: it can be freed
        assertDoesNotThrow(() -> world.cache.free(object));
        World twin = new World(size, Set.of(CacheFlag.STORE_USER));
        twin.flip(victim(twin, at % 8) + offset, 0x10);
        assertDoesNotThrow(() -> twin.cache.free(victim(twin, offset % 8)));
      }
    }
  }

  @Test
  void aDestroyedCacheServesNobody() {
    for (Set<CacheFlag> flags : List.of(ALL, Set.<CacheFlag>of())) { // which needs no switch
      World world = new World(SIZE, flags);
      World twin = new World(SIZE, flags);
      long _ = world.cache.closeLeaking().objects();
      for (int round = 0; round < 10; round++) {
        long object = victim(world, round);
        for (Executable use : List.<Executable>of(() -> world.cache.free(object), world.cache::alloc)) {
          String message = assertThrows(KmemException.Usage.class, use).getMessage();
          assertTrue(message.contains("cache = watched: the cache is closed"), message);
        }
        found("its slab has been returned", () -> world.kmem.free(object));
        twin.kmem.free(victim(twin, round));
        twin.cache.free(twin.cache.alloc());
      }
    }
  }

  /** The links of an on-slab chain are four bytes each, behind the descriptor's 48; sixteen objects are out. */
  @Test
  void aBrokenChainOfFreeObjectsIsFoundByTheNextRefill() {
    for (Set<CacheFlag> flags : List.of(ALL, Set.<CacheFlag>of())) {
      for (int link : new int[] {16, 0, 1, 15, -2, -3, 34_567, -34_567, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
        World world = new World(SIZE, flags);
        long chain = world.slab() + 48;
        assertEquals(17, Memory.getInt(chain + 4 * 16), "the layout as this test takes it");
        assertDoesNotThrow(world.cache::verify);
        Memory.putInt(chain + 4 * 16, link);
        found("cache = watched", world.cache::verify);
        found("the slab's descriptor was overwritten", () -> {
          for (int i = 0; i < 3; i++) { // what is sound is handed out first
            long _ = world.cache.alloc();
          }
        });
        Memory.putInt(chain + 4 * 16, 17);
      }
      World twin = new World(SIZE, flags);
      Memory.putInt(twin.slab() + 48 + 4 * 16, 17); // as it was
      assertDoesNotThrow(() -> {
        for (int i = 0; i < 3; i++) {
          long _ = twin.cache.alloc();
        }
        twin.cache.verify();
      });
    }
  }

  @Test
  void theLastUserIsNamedIfItIsToBe() {
    for (boolean users : new boolean[] {true, false}) {
      EnumSet<CacheFlag> flags = EnumSet.copyOf(ALL);
      boolean _ = users || flags.remove(CacheFlag.STORE_USER);
      World world = new World(SIZE, flags);
      long object = victim(world, 0);
      world.cache.free(object);
      String message = assertThrows(KmemException.Corruption.class, () -> world.cache.free(object)).getMessage();
      String culprit = "LinuxDebugAcceptanceTest.theLastUserIsNamedIfItIsToBe(LinuxDebugAcceptanceTest.java:";
      assertEquals(users, message.contains(culprit), message);
      if (!users) {
        assertFalse(message.contains("last user"), message);
      }
    }
  }

  private static void found(String what, Executable wrong) {
    String message = assertThrows(KmemException.Corruption.class, wrong).getMessage();
    assertTrue(message.contains(what), message);
  }
}
