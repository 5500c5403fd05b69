package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.linux.LinuxGeometry;
import dev.slablab.page.Memory;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks of Linux caches that come back into the cache, shortages, and objects that debugging found wrong. */
@Timeout(30)
class LinuxReentryTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private Kmem open(Tunables tunables) {
    return kmems.open(Kmem.builder().tunables(tunables));
  }

  private Kmem open() {
    return open(Tunables.defaults().with(Tunable.NUMA_NODES, 1));
  }

  /** Many more objects in the arrays than a node may keep free in its slabs. */
  @ParameterizedTest
  @ValueSource(strings = {"reap", "reap all", "retune", "nosleep"})
  void aDestructorMayReapWhateverEmptiesTheArrays(String what) {
    boolean[] full = new boolean[1];
    Kmem kmem = kmems.open(Kmem.builder().tunables(Tunables.defaults().with(Tunable.NUMA_NODES, 1))
        .decorate(source -> new dev.slablab.page.FailingPageSource(source, (_, _) -> full[0])));
    List<KmemCache> cache = new ArrayList<>();
    int[] destroyed = new int[1];
    boolean[] open = {true};
    cache.add(kmem.createCache(CacheSpec.of("reentered", 1024).flags(CacheFlag.SLAB).hooks(null, (_, _) -> {
      destroyed[0]++;
      if (open[0]) {
        long _ = what.equals("reap all") ? kmem.reap() : cache.getFirst().reap();
        kmem.retune("reentered 300 1 0");
      }
    }, null, ConstructorPlacement.PER_SLAB)));
    kmem.retune("reentered 300 1 0");
    Live live = new Live();
    for (int i = 0; i < 300; i++) {
      live.alloc(cache.getFirst());
    }
    live.freeAll();
    switch (what) {
      case "reap" -> assertTrue(cache.getFirst().reap() > 0);
      case "reap all" -> assertTrue(kmem.reap() > 0);
      case "retune" -> kmem.retune("reentered 200 1 0");
      default -> {
        full[0] = true;
        CompletableFuture.runAsync(() -> { // its own array is empty, or becomes so
          for (int i = 0; i < 400; i++) {
            long object = cache.getFirst().alloc(AllocMode.NOSLEEP);
            if (object != 0) {
              cache.getFirst().free(object);
            }
          }
        }).join();
        List<Long> got = new ArrayList<>();
        for (long object = 1; object != 0 && got.size() < 1000;) {
          object = cache.getFirst().alloc(AllocMode.NOSLEEP);
          got.add(object);
        }
        assertEquals(got.size(), got.stream().distinct().count(), "nothing twice");
        assertEquals(0, got.removeLast());
        got.forEach(cache.getFirst()::free);
        full[0] = false;
        assertEquals(0, destroyed[0], "who must not wait returns nothing");
        assertTrue(cache.getFirst().reap() > 0);
      }
    }
    assertTrue(destroyed[0] > 0);
    for (int i = 0; i < 500; i++) {
      live.alloc(cache.getFirst());
    }
    kmem.verify();
    live.freeAll();
    open[0] = false;
  }

  @Test
  void whoeverCannotHaveADescriptorWaitsForTheCachesOwnObjects() {
    boolean[] full = new boolean[1];
    ManualClock clock = new ManualClock();
    Kmem kmem = kmems.openTimed(Kmem.builder().clock(clock).tunables(Tunables.defaults().with(Tunable.NUMA_NODES, 1))
        .decorate(source -> new dev.slablab.page.FailingPageSource(source, (_, _) -> full[0])));
    CacheSpec spec = CacheSpec.of("outside", 512).flags(CacheFlag.SLAB);
    LinuxGeometry geometry = LinuxGeometry.of("outside", 512, 8, spec.flags(), 1, 4096, 64, kmem.cpus());
    assertTrue(geometry.offSlab());
    KmemCache cache = kmem.createCache(spec);
    kmem.retune("outside 1 1 0");
    List<Long> live = new ArrayList<>();
    for (int i = 0; i < 3 * geometry.objects(); i++) {
      live.add(cache.alloc());
    }
    full[0] = true;
    List<Long> others = new ArrayList<>(); // no descriptor is left
    for (long other = 1; other != 0;) {
      other = kmem.alloc(geometry.descriptorBytes(), AllocMode.NOSLEEP);
      others.add(other);
    }
    others.removeLast();
    for (long object = 1; object != 0;) {
      object = cache.alloc(AllocMode.NOSLEEP);
      live.add(object);
    }
    live.removeLast();
    long failures = cache.stats().slabs().fail();
    CompletableFuture<Long> waiter = CompletableFuture.supplyAsync(cache::alloc);
    ConcurrentKit.until(() -> cache.stats().slabs().fail() > failures);
    clock.awaitWaiters(1);
    cache.free(live.removeLast());
    cache.free(live.removeLast()); // the first of them reaches its slab
    live.add(waiter.join()); // the clock stands still
    full[0] = false;
    live.forEach(cache::free);
    others.forEach(kmem::free);
  }

  @ParameterizedTest
  @EnumSource(value = CacheFlag.class, names = {"POISON", "RED_ZONE"})
  void whatWasWrittenToWhileFreeIsNotHandedOut(CacheFlag flag) {
    Kmem kmem = open();
    KmemCache cache = kmem.createCache(CacheSpec.of("watched", 64).flags(flag));
    long object = cache.alloc();
    cache.free(object);
    long at = flag == CacheFlag.POISON ? object + 8 : object + 64;
    Memory.putLong(at, 7);
    assertThrows(KmemException.Corruption.class, cache::alloc);
    outOfCirculation(cache, object);
    assertEquals(7, Memory.getLong(at), "as it was found");
    kmems.corrupted(kmem);
  }

  @Test
  void whatIsInUseAlreadyIsNeitherHandedOutNorWrittenTo() {
    Kmem kmem = open();
    KmemCache cache = kmem.createCache(CacheSpec.of("watched", 64).flags(CacheFlag.RED_ZONE, CacheFlag.POISON));
    long object = cache.alloc();
    Memory.fill(object, 64, (byte) 1);
    long active = Memory.getLong(object - 8);
    cache.free(object);
    Memory.fill(object, 64, (byte) 1); // as though it had not been freed
    Memory.putLong(object - 8, active);
    Memory.putLong(object + 64, active);
    KmemException e = assertThrows(KmemException.Corruption.class, cache::alloc);
    assertTrue(e.getMessage().contains("in use already"), e.getMessage());
    assertEquals(0x0101010101010101L, Memory.getLong(object + 32), "somebody's");
    assertEquals(active, Memory.getLong(object - 8));
    outOfCirculation(cache, object);
    kmems.corrupted(kmem);
  }

  private static void outOfCirculation(KmemCache cache, long object) {
    List<Long> others = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      others.add(cache.alloc());
    }
    assertFalse(others.contains(object));
    assertEquals(200, others.stream().distinct().count());
    others.forEach(cache::free);
  }

  @Test
  void aThrowingConstructorsObjectComesBack() {
    Kmem kmem = open();
    int[] left = {1};
    KmemCache cache = kmem.createCache(CacheSpec.of("throwing", 64).flags(CacheFlag.POISON, CacheFlag.RED_ZONE)
        .hooks((_, _, _) -> {
          if (left[0]-- > 0) {
            throw new IllegalStateException("once");
          }
        }, null, null, ConstructorPlacement.PER_ALLOCATION));
    assertThrows(IllegalStateException.class, cache::alloc);
    assertEquals(0, cache.stats().objects().inuse());
    cache.free(cache.alloc());
  }

  @Test
  void noDestructorGetsWhatIsNoObjectInUse() {
    Kmem kmem = open();
    List<Long> destroyed = new ArrayList<>();
    KmemCache cache = kmem.createCache(CacheSpec.of("watched", 64).flags(CacheFlag.RED_ZONE)
        .hooks(null, (object, _) -> destroyed.add(object), null, ConstructorPlacement.PER_ALLOCATION));
    long object = cache.alloc();
    assertThrows(KmemException.Corruption.class, () -> cache.free(object + 8));
    assertEquals(List.of(), destroyed);
    cache.free(object);
    assertThrows(KmemException.Corruption.class, () -> cache.free(object));
    assertEquals(List.of(object), destroyed);
  }

  @ParameterizedTest
  @CsvSource({"0, size-64, 72, 128", "1, kmalloc-64, 72, 72"})
  void generalCachesKeepTheirNamesAndTheirSizes(int table, String name, int asked, int got) {
    Kmem kmem = open(Tunables.defaults().with(Tunable.GENERAL_SLAB_LIMIT, 4096).with(Tunable.GENERAL_CLASSES, table));
    KmemException e = assertThrows(KmemException.Usage.class, () -> kmem.createCache(CacheSpec.of(name, 100)));
    assertTrue(e.getMessage().startsWith("name = " + name + ": "), e.getMessage());
    long block = kmem.alloc(64);
    kmem.free(block);
    if (table == 1) {
      long other = kmem.alloc(asked);
      assertEquals(got, kmem.usableSize(other));
      String row = kmem.slabInfo(false).lines().filter(line -> line.startsWith("kmalloc-72 ")).findFirst()
          .orElseThrow();
      assertTrue(row.matches("kmalloc-72 +\\d+ +\\d+ +72 .*"), row);
      kmem.free(other);
    }
    open().createCache(CacheSpec.of(name, 100)).close(); // where they are none of Linux's it is free
  }

  @Test
  void theLimitOfAnArrayIsWhatAnArrayCanHold() {
    Kmem kmem = open();
    kmem.createCache(CacheSpec.of("long", 64));
    kmem.retune("long 65535 1 0");
    KmemException e = assertThrows(KmemException.Usage.class, () -> kmem.retune("long 65536 1 0"));
    assertTrue(e.getMessage().startsWith("limit = 65536: "), e.getMessage());
  }
}
