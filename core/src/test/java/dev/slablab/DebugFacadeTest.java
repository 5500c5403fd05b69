package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.DebugRig.Kind;
import dev.slablab.page.Memory;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Live;
import dev.slablab.testing.OpenKmems;
import java.util.Arrays;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Debug levels seen from outside: how one is chosen, what else a cache can do, and sound use that is left in peace. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DebugFacadeTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private Kmem open(int level) {
    return kmems.open(Kmem.builder().tunables(DebugRig.tunables()).tunable(Tunable.CACHE_DEBUG, level));
  }

  private static boolean findsADoubleFree(KmemCache cache) {
    long object = cache.alloc();
    cache.free(object);
    try {
      cache.free(object);
      return false;
    } catch (KmemException.Corruption e) {
      return true;
    }
  }

  @Test
  void theTunableIsForCachesCreatedLaterThatChooseNone() {
    Kmem kmem = open(0);
    kmems.corrupted(kmem);
    KmemCache before = kmem.createCache(CacheSpec.of("before", 100));
    kmem.tune(Tunable.CACHE_DEBUG, 1);
    KmemCache after = kmem.createCache(CacheSpec.of("after", 100));
    KmemCache none = kmem.createCache(CacheSpec.of("none", 100).debug(0));
    KmemCache flags = kmem.createCache(CacheSpec.of("flags", 100).flags(CacheFlag.STORE_USER));
    kmem.tune(Tunable.CACHE_DEBUG, 0);
    KmemCache own = kmem.createCache(CacheSpec.of("own", 100).flags(CacheFlag.KVMEM).debug(1));
    assertTrue(findsADoubleFree(after) && findsADoubleFree(own));
    assertTrue(!findsADoubleFree(before) && !findsADoubleFree(none) && !findsADoubleFree(flags));
  }

  /** Objects of per-slab hooks keep their state: nothing is poisoned, all the zones are there. */
  @ParameterizedTest
  @EnumSource
  void constructedObjectsAreNotPoisoned(Kind kind) {
    for (boolean constructed : new boolean[] {true, false}) {
      Kmem kmem = kmems.open(Kmem.builder().tunables(DebugRig.tunables()));
      kmems.corrupted(kmem);
      KmemCache cache = kmem.createCache(kind.spec("constructed", 2).hooks((object, _, _) -> Memory.putLong(object, 42),
          null, null, constructed ? ConstructorPlacement.PER_SLAB : ConstructorPlacement.PER_ALLOCATION));
      long object = cache.alloc();
      assertEquals(42, Memory.getLong(object));
      cache.free(object);
      assertEquals(constructed ? 42 : 0x6b6b6b6b6b6b6b6bL, Memory.getLong(object));
      DebugRig.flip(object + 50, 1);
      if (constructed) {
        assertEquals(object, assertDoesNotThrow(() -> cache.alloc()));
      } else {
        assertThrows(KmemException.Corruption.class, cache::alloc);
        continue;
      }
      DebugRig.flip(object - 64, 1);
      String message = assertThrows(KmemException.Corruption.class, () -> cache.free(object)).getMessage();
      assertTrue(message.contains("underrun: 1 bytes changed, in -64..-64 "), message);
    }
  }

  @Test
  void objectsThatReadersMayStillLookAtAreNotPoisoned() {
    Kmem kmem = open(2);
    KmemCache cache = kmem.createCache(CacheSpec.of("rcu", 100).flags(CacheFlag.DESTROY_BY_RCU));
    long object = cache.alloc();
    Memory.putLong(object, 42);
    cache.free(object);
    assertEquals(42, Memory.getLong(object));
  }

  /** As large as the largest slab: poison is all there is room for. */
  @Test
  void objectsThatFillASlabHaveNoRedZones() {
    Kmem kmem = open(2);
    kmems.corrupted(kmem);
    for (CacheSpec spec : new CacheSpec[] {CacheSpec.of("linux", 4 << 20).flags(CacheFlag.SLAB),
        CacheSpec.of("spl", 32 << 20).objectsPerSlab(1)}) {
      KmemCache cache = kmem.createCache(spec);
      assertEquals(spec.size(), cache.stats().objectBytes());
      long object = cache.alloc();
      cache.free(object);
      DebugRig.flip(object + spec.size() - 1, 1);
      String message = assertThrows(KmemException.Corruption.class, cache::alloc).getMessage();
      assertTrue(message.contains("write after free: 1 bytes changed, in " + (spec.size() - 1) + ".."), message);
    }
  }

  @Test
  void alignmentIsKept() {
    Kmem kmem = open(2);
    for (CacheFlag type : new CacheFlag[] {CacheFlag.KVMEM, CacheFlag.SLAB}) {
      for (int align = 8; align <= 4096; align *= 2) {
        KmemCache cache = kmem.createCache(CacheSpec.of("align-" + align, 100).align(align).flags(type));
        Live live = new Live(); // checks the address
        live.alloc(cache);
        live.alloc(cache);
        live.freeAll();
      }
    }
    KmemCache lines = kmem.createCache(CacheSpec.of("lines", 100).flags(CacheFlag.HWCACHE_ALIGN));
    long object = lines.alloc();
    assertEquals(0, object % 64);
    lines.free(object);
  }

  /** Classes that are made once the tunable is set; red zones stand around the class, not the request. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void generalAllocationIsDebuggedToo(int level) {
    for (long slabLimit : new long[] {0, 4096}) {
      Kmem kmem = kmems.open(Kmem.builder().tunables(DebugRig.tunables()).tunable(Tunable.CACHE_DEBUG, level)
          .tunable(Tunable.GENERAL_SLAB_LIMIT, slabLimit));
      for (long size : new long[] {0, 1, 100, 1000, 3000, 4096, 10_000, 100_000}) {
        long block = kmem.alloc(size);
        long usable = kmem.usableSize(block);
        assertTrue(usable >= size, usable + " of " + size);
        Memory.fill(block, usable, (byte) 7);
        long larger = kmem.realloc(block, 3 * usable);
        assertEquals(7, Memory.segment(larger, 3 * usable).get(java.lang.foreign.ValueLayout.JAVA_BYTE, usable - 1));
        long aligned = kmem.allocAligned(size, 4096);
        assertEquals(0, aligned % 4096);
        long zeroed = kmem.allocZeroed(8);
        assertEquals(0, Memory.getLong(zeroed));
        kmem.free(zeroed, 8);
        kmem.free(aligned);
        if (level >= 2 && kmem.usableSize(larger) <= 65_536) {
          DebugRig.flip(larger + kmem.usableSize(larger), 1);
          assertThrows(KmemException.Corruption.class, () -> kmem.free(larger));
          DebugRig.flip(larger + kmem.usableSize(larger), 1);
          assertThrows(KmemException.Corruption.class, () -> kmem.usableSize(larger + 8));
        }
        kmem.free(larger);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aDebuggedLinuxCacheIsListedAndRetuned(int level) {
    Kmem kmem = open(level);
    KmemCache cache = kmem.createCache(CacheSpec.of("watched", 100).flags(CacheFlag.SLAB));
    long[] live = new long[200];
    assertEquals(200, cache.alloc(live, 0, 200, AllocMode.SLEEP));
    cache.free(live, 0, 100);
    kmem.retune("watched 4 2 1");
    assertEquals(4, cache.stats().magazineSize());
    assertTrue(kmem.slabInfo(true).contains("\nwatched "), kmem.slabInfo(true));
    assertThrows(KmemException.Usage.class, () -> kmem.createCache(CacheSpec.of("watched", 8).flags(CacheFlag.SLAB)));
    cache.free(live, 100, 100);
    assertThrows(KmemException.Corruption.class, () -> cache.free(live, 0, 200));
    assertEquals(0, cache.stats().objects().inuse());
  }

  static Stream<Arguments> kindsAndLevels() {
    return Arrays.stream(Kind.values()).flatMap(kind -> Stream.of(1, 2, 3).map(level -> Arguments.of(kind, level)));
  }

  private record Item(long object, long owner) {}

  /**
   * Threads that use a cache soundly and pass objects on, beside reap and a close that fails: nothing is ever found.
   */
  @ParameterizedTest
  @MethodSource("kindsAndLevels")
  void soundUseIsLeftInPeace(Kind kind, int level) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    int each = ConcurrentKit.count(2_000, 100_000);
    int threads = 4;
    AtomicInteger constructed = new AtomicInteger();
    try (Kmem kmem = Kmem.builder().tunables(DebugRig.tunables()).tunable(Tunable.POSSIBLE_CPUS, 4)
        .tunable(Tunable.MAGAZINE_PLACEMENT, MagazinePlacement.BIASED.ordinal())
        .tunable(Tunable.NUMA_NODES, 1 + level % 2).build()) {
      KmemCache cache = kmem.createCache(kind.spec("debugged", level).hooks(
          (_, _, _) -> constructed.incrementAndGet(), (_, _) -> constructed.decrementAndGet(), null,
          ConstructorPlacement.values()[level % 2]));
      ConcurrentOwners owners = new ConcurrentOwners(kind.size(level));
      Queue<Item> queue = new ConcurrentLinkedQueue<>();
      AtomicInteger working = new AtomicInteger(threads);
      long keep = cache.alloc();
      ConcurrentKit.together(threads + 1, seed, index -> {
        while (index == threads && working.get() > 0) {
          cache.reap();
          Thread.onSpinWait();
        }
        if (index == threads) {
          return;
        }
        try {
          SplittableRandom random = ConcurrentKit.random(seed, index);
          for (int i = 0; i < each; i++) {
            long owner = ((long) index << 32) | i;
            long object = cache.alloc();
            owners.took(object, owner);
            queue.add(new Item(object, owner));
            for (Item item; random.nextInt(100) < 49 && (item = queue.poll()) != null;) {
              owners.gives(item.object, item.owner);
              cache.free(item.object);
            }
          }
        } finally {
          working.decrementAndGet();
        }
      });
      assertThrows(KmemException.Leak.class, cache::close);
      ConcurrentKit.quiet(kmem, cache, queue.size() + 1);
      for (Item item : queue) {
        owners.gives(item.object, item.owner);
        cache.free(item.object);
      }
      cache.free(keep);
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, constructed.get());
      assertEquals(0, kmem.heldBytes());
    }
  }

  /** Frees beside a close that finds one object in use: what waits in quarantine must not be counted as leaked. */
  @ParameterizedTest
  @EnumSource
  void aCloseCountsNothingThatWasFreed(Kind kind) throws InterruptedException {
    try (Kmem kmem = Kmem.builder().tunables(DebugRig.tunables()).build()) {
      KmemCache cache = kmem.createCache(kind.spec("debugged", 3));
      long keep = cache.alloc();
      for (int round = 0; round < 50; round++) {
        long[] live = new long[100];
        assertEquals(100, cache.alloc(live, 0, 100, AllocMode.SLEEP));
        ConcurrentKit.together(3, 0, index -> {
          if (index < 2) {
            assertThrows(KmemException.class, cache::close); // a leak, or another is at it
          } else {
            cache.free(live, 0, 100);
          }
        });
        String message = assertThrows(KmemException.Leak.class, cache::close).getMessage();
        assertTrue(message.contains("1 objects in use"), message);
        cache.verify();
      }
      cache.free(keep);
      cache.close();
    }
  }
}
