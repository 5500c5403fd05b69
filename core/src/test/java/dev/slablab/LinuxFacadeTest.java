package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.Live;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.OpenKmems;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Linux caches as the public classes show them. */
@Timeout(30)
class LinuxFacadeTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private Kmem open(Tunable row, long value) {
    return kmems.open(Kmem.builder().tunables(Tunables.defaults().with(row, value)));
  }

  private Kmem open() {
    return open(Tunable.NUMA_NODES, 1);
  }

  static Stream<List<CacheFlag>> debugging() {
    return Stream.of(List.of(CacheFlag.POISON), List.of(CacheFlag.RED_ZONE), List.of(CacheFlag.STORE_USER),
        List.of(CacheFlag.POISON, CacheFlag.RED_ZONE, CacheFlag.STORE_USER));
  }

  @ParameterizedTest
  @MethodSource("debugging")
  void debuggedCachesServeWhatIsSound(List<CacheFlag> flags) {
    for (int nodes : new int[] {1, 2}) {
      Kmem kmem = open(Tunable.NUMA_NODES, nodes);
      for (int size : new int[] {1, 60, 200, 600, 5000}) {
        KmemCache cache = kmem.createCache(CacheSpec.of("sound-" + size, size).flags(flags.toArray(CacheFlag[]::new)));
        Live live = new Live();
        for (int round = 0; round < 3; round++) {
          for (int i = 0; i < 100; i++) {
            live.alloc(cache, i % 2 == 0 ? AllocMode.SLEEP : AllocMode.NOSLEEP);
          }
          cache.verify();
          live.freeAll();
        }
        assertTrue(cache.allocZeroed(AllocMode.SLEEP) != 0 && cache.closeLeaking().objects() == 1);
      }
    }
  }

  @Test
  void wrongUsesAreFoundAtOnce() {
    Kmem kmem = open();
    KmemCache cache = kmem.createCache(CacheSpec.of("watched", 64).flags(CacheFlag.POISON, CacheFlag.RED_ZONE));
    KmemCache other = kmem.createCache(CacheSpec.of("other", 64).flags(CacheFlag.RED_ZONE));
    long object = cache.alloc();
    found("foreign", () -> cache.free(kmem.alloc(64) - 8), "belongs to cache kmalloc-64");
    found("wrong cache", () -> other.free(object), "belongs to cache watched");
    found("interior", () -> cache.free(object + 8), "interior address");
    found("nowhere", () -> cache.free(0), "is no object of this allocator");
    Memory.fill(object + 64, 1, (byte) 7);
    found("overrun", () -> cache.free(object), "overrun");
    Memory.fill(object + 64, 1, (byte) 0xc0);
    cache.free(object);
    found("double free", () -> cache.free(object), "double free");
    Memory.fill(object + 3, 1, (byte) 7);
    found("write after free", cache::alloc, "write after free");
    long next = cache.alloc();
    assertNotEquals(object, next, "it stays out of circulation");
    cache.free(next);
    kmems.corrupted(kmem);
  }

  private static void found(String what, org.junit.jupiter.api.function.Executable wrong, String message) {
    KmemException e = assertThrows(KmemException.Corruption.class, wrong, what);
    assertTrue(e.getMessage().contains(message), what + ": " + e.getMessage());
  }

  @Test
  void withPoisonTheConstructorRunsAtEveryAllocation() {
    int[] balance = new int[1];
    KmemCache cache = open().createCache(CacheSpec.of("poisoned", 64).flags(CacheFlag.POISON)
        .hooks((o, priv, mode) -> balance[0]++, (o, priv) -> balance[0]--, null, ConstructorPlacement.PER_SLAB));
    long one = cache.alloc();
    assertEquals(1, balance[0]);
    cache.free(one);
    assertEquals(0, balance[0]);
  }

  @Test
  void slabInfoListsLinuxCachesNewestFirstAndRetuneChangesThem() {
    Kmem kmem = open();
    KmemCache first = kmem.createCache(CacheSpec.of("first", 64));
    kmem.createCache(CacheSpec.of("spl", 64).flags(CacheFlag.KVMEM));
    kmem.createCache(CacheSpec.of("a long name", 512).flags(CacheFlag.HWCACHE_ALIGN));
    long object = first.alloc();
    List<String> lines = kmem.slabInfo(false).lines().toList();
    assertEquals(4, lines.size());
    assertTrue(lines.get(2).startsWith("a long name "), lines.get(2));
    assertEquals("first                 16     59     64   59    1 : tunables  120   60    "
        + (kmem.cpus() > 1 ? 8 : 0) + " : slabdata      1      1      0", lines.get(3));
    assertTrue(kmem.slabInfo(true).contains(" : cpustat      0      1      0      0"), kmem.slabInfo(true));
    kmem.retune("first 20 10 3");
    assertTrue(kmem.slabInfo(false).contains("tunables   20   10    3"), kmem.slabInfo(false));
    assertEquals(20, first.stats().magazineSize());
    assertThrows(KmemException.Usage.class, () -> kmem.retune("spl 20 10 3"));
    assertThrows(KmemException.Usage.class, () -> kmem.retune("first 20 21 3"));
    assertThrows(KmemException.Usage.class, () -> kmem.retune("first 100000 10 0"));
    assertTrue(kmem.slabInfo(false).contains("tunables   20   10    3"), "nothing has changed");
    first.free(object);
    first.close();
    assertThrows(KmemException.Usage.class, () -> kmem.retune("first 20 10 3"));
  }

  @Test
  void splsTableShowsWhatIsInUse() {
    Kmem kmem = open();
    KmemCache cache = kmem.createCache(CacheSpec.of("linux", 100));
    long object = cache.alloc();
    String row = kmem.slabText().lines().toList().get(2);
    assertEquals(140, row.length());
    assertEquals("linux                                 0x00100         -       100        -      100"
        + "      -     -     -      -     1     -      -     -     -", row);
    assertEquals(0, kmem.totals(CacheType.KVMEM).total());
    cache.free(object);
  }

  @Test
  void namesAreUniqueAmongLinuxCaches() {
    Kmem kmem = open();
    KmemCache cache = kmem.createCache(CacheSpec.of("name", 64));
    kmem.createCache(CacheSpec.of("name", 64).flags(CacheFlag.KVMEM));
    KmemException e = assertThrows(KmemException.Usage.class, () -> kmem.createCache(CacheSpec.of("name", 128)));
    assertTrue(e.getMessage().startsWith("name = name: "), e.getMessage());
    cache.close();
    kmem.createCache(CacheSpec.of("name", 128));
    assertThrows(KmemException.Usage.class,
        () -> kmem.createCache(CacheSpec.of("large", (4 << 20) + 1).flags(CacheFlag.SLAB)));
    kmem.createCache(CacheSpec.of("large", 4 << 20).flags(CacheFlag.SLAB));
    assertThrows(KmemException.Usage.class,
        () -> kmem.createCache(CacheSpec.of("panic", 5 << 20).flags(CacheFlag.PANIC)));
    assertThrows(InternalError.class, () -> kmem.createCache(
        CacheSpec.of("panic", 4 << 20).flags(CacheFlag.PANIC, CacheFlag.RED_ZONE)));
  }

  @Test
  void generalClassesMayBeLinuxs() {
    for (int table = 0; table < 2; table++) {
      Kmem kmem = kmems.open(Kmem.builder().tunables(Tunables.defaults()
          .with(Tunable.GENERAL_SLAB_LIMIT, 32 << 10).with(Tunable.GENERAL_CLASSES, table)));
      List<Long> live = new ArrayList<>();
      for (int size = 1; size < 100_000; size += 1 + size / 3) {
        long block = kmem.alloc(size);
        assertTrue(kmem.usableSize(block) >= size);
        Memory.fill(block, size, (byte) size);
        live.add(kmem.realloc(block, 2L * size));
      }
      String prefix = table == 0 ? "size-" : "kmalloc-";
      assertTrue(kmem.slabInfo(false).contains("\n" + prefix + "512 "), kmem.slabInfo(false));
      kmem.verify();
      live.forEach(kmem::free);
    }
  }

  @Test
  void aFreeWakesWhoWaitsForMemory() {
    ManualClock clock = new ManualClock();
    Kmem kmem = kmems.openTimed(Kmem.builder().clock(clock).tunables(Tunables.defaults()
        .with(Tunable.MEMORY_LIMIT, 4 * 32768 + 8192)));
    KmemCache cache = kmem.createCache(CacheSpec.of("woken", 20_000).flags(CacheFlag.SLAB));
    kmem.retune("woken 1 1 0");
    List<Long> live = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      live.add(cache.alloc());
    }
    assertEquals(0, cache.alloc(AllocMode.NOSLEEP));
    long failures = cache.stats().slabs().fail();
    CompletableFuture<Long> waiter = CompletableFuture.supplyAsync(cache::alloc);
    ConcurrentKit.until(() -> cache.stats().slabs().fail() > failures);
    clock.awaitWaiters(1);
    cache.free(live.removeLast());
    cache.free(live.removeLast()); // the first of them reaches its slab
    live.add(waiter.join()); // the clock stands still
    live.forEach(cache::free);
  }
}
