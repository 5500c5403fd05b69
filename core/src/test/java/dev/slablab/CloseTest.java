package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.slab.LeakReport;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import dev.slablab.testing.Variant;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A13: closing, with and without objects in use, and what is left to do afterwards. */
class CloseTest {
  private static final CacheSpec SPEC = CacheSpec.of("buffers", 200).objectsPerSlab(8);

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void closeWithLiveObjectsReportsAndLeavesTheCacheOpen(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(SPEC);
    long[] live = new long[17]; // three slabs
    for (int i = 0; i < live.length; i++) {
      live[i] = cache.alloc();
      Pattern.fill(live[i], 200, i);
    }
    for (int attempt = 0; attempt < 2; attempt++) {
      String message = assertThrows(KmemException.Leak.class, cache::close).getMessage();
      assertTrue(message.contains("cache = buffers"), message);
      assertTrue(message.contains("17 objects in use (17 in " + slabs(17, cache)
          + " slabs, 0 emergency)"), message);
      assertTrue(message.contains("closeLeaking()"), "says what to do: " + message);
      assertEquals(List.of(cache), kmem.caches());
      assertTrue(cache.stats().states().isEmpty());
      for (int i = 0; i < live.length; i++) {
        Pattern.check(live[i], 200, i); // its memory is still there
      }
      for (int i = 0; i < 20; i++) { // and it works on, magazines included
        cache.free(cache.alloc());
      }
      assertNotEquals(0, cache.stats().objects().inMagazines());
      cache.verify();
    }
    for (long object : live) {
      cache.free(object);
    }
    cache.close();
    assertEquals(List.of(), kmem.caches());
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#splLevels")
  void emergencyObjectsAreCountedAsLeaks(Variant variant) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks));
    KmemCache cache = kmem.createCache(SPEC);
    long object = cache.alloc(AllocMode.NOSLEEP);
    tasks.runAll();
    String message = assertThrows(KmemException.Leak.class, cache::close).getMessage();
    assertTrue(message.contains("cache = buffers: 1 objects in use (0 in 0 slabs, 1 emergency)"), message);
    Pattern.fill(object, 200, 7);
    Pattern.check(object, 200, 7);
    assertLeaked(variant, new LeakReport("buffers", 0, 0, 1, ""), cache.closeLeaking());
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void closeLeakingReleasesEverything(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(SPEC);
    KmemCache sibling = kmem.createCache(variant.linux() ? CacheSpec.of("sibling", 200) : SPEC);
    long other = sibling.alloc();
    Pattern.fill(other, 200, 1);
    for (int i = 0; i < 20; i++) {
      long _ = cache.alloc();
    }
    assertTrue(variant.type() == CacheType.KMEM || (variant.linux() && variant.level() > 1) // red zones take room
        || cache.stats().objectsPerSlab() == (variant.debugged() ? 17 : variant.linux() ? 19 : 8));
    LeakReport leak = cache.closeLeaking();
    assertLeaked(variant, new LeakReport("buffers", 20, slabs(20, cache), 0, ""), leak);
    assertEquals(List.of(sibling), kmem.caches(), "same name, but still another cache");
    assertEquals(sibling.stats().mappedSlabBytes(), kmem.heldBytes());
    Pattern.check(other, 200, 1);
    sibling.free(other);
    assertTrue(sibling.closeLeaking().isEmpty(), "nothing leaked here");
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void aClosedCacheRefusesEverything(Variant variant) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks));
    KmemCache cache = kmem.createCache(SPEC);
    long emergency = cache.alloc(AllocMode.NOSLEEP);
    tasks.runAll();
    long object = cache.alloc();
    cache.free(object);
    cache.free(emergency);
    cache.close();
    refuses("buffers", List.of(cache::alloc, () -> cache.alloc(AllocMode.NOSLEEP),
        () -> cache.allocZeroed(AllocMode.SLEEP), cache::allocSegment, cache::reap, cache::close, cache::closeLeaking));
    if (!variant.arena()) { // without ranges a stale address is unknown, which is the graver news
      refuses("buffers", List.of(() -> cache.free(object), () -> cache.free(emergency)));
    }
    cache.verify(); // looking is allowed
    assertEquals(0, cache.stats().slabs().total());
    assertEquals("buffers", cache.spec().name());
    assertEquals(0, tasks.pending());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void aCacheWithHooksRefusesThemAfterClose(Variant variant) {
    int[] calls = new int[2];
    KmemCache cache = kmems.open(variant.builder()).createCache(SPEC.hooks((o, p, m) -> calls[0]++,
        (o, p) -> calls[1]++, null, ConstructorPlacement.PER_ALLOCATION));
    long object = cache.alloc();
    cache.free(object);
    cache.close();
    assertThrows(KmemException.class, cache::alloc);
    assertThrows(KmemException.class, () -> cache.free(object));
    assertEquals(1, calls[0]);
    assertEquals(1, calls[1], "no destructor runs on memory that is gone");
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void kmemCloseReportsEveryLeakAndUnmaps(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    kmems.forget(kmem);
    KmemCache one = kmem.createCache(CacheSpec.of("one", 100));
    KmemCache two = kmem.createCache(CacheSpec.of("two", 5000));
    KmemCache clean = kmem.createCache(CacheSpec.of("clean", 100));
    MemorySegment segment = one.allocSegment();
    long _ = two.alloc();
    long _ = two.alloc();
    clean.free(clean.alloc());
    String message = assertThrows(KmemException.Leak.class, kmem::close).getMessage();
    assertTrue(message.contains("cache = one: 1 objects in use"), message);
    assertTrue(message.contains("cache = two: 2 objects in use"), message);
    assertTrue(!message.contains("clean"), message);
    assertEquals(0, kmem.heldBytes());
    assertEquals(variant.arena() ? -1 : 0, kmem.residentBytes());
    if (!variant.arena()) {
      assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
    }
    refuses("", List.of(one::alloc, two::reap, clean::close, kmem::close, kmem::reap,
        () -> kmem.createCache(CacheSpec.of("late", 8))));
    assertEquals(List.of(), kmem.caches());
    kmem.verify();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void aCacheThatWasNeverUsedClosesWithoutTouchingPages(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(SPEC);
    assertEquals(0, kmem.heldBytes());
    assertEquals(0, cache.reap());
    cache.close();
    assertEquals(0, cache.stats().slabs().create());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void instancesAreIndependent(Variant variant) {
    Kmem one = kmems.open(variant.builder());
    Kmem two = kmems.open(variant.builder());
    KmemCache first = one.createCache(SPEC);
    KmemCache second = two.createCache(SPEC);
    long object = second.alloc();
    Pattern.fill(object, 200, 3);
    long foreign = first.alloc();
    assertThrows(KmemException.Corruption.class, () -> second.free(foreign), "not in its ranges");
    first.free(foreign);
    kmems.forget(one);
    one.close();
    Pattern.check(object, 200, 3);
    second.free(object);
    second.free(second.alloc());
  }

  private static long slabs(int objects, KmemCache cache) {
    return Math.ceilDiv(objects, cache.stats().objectsPerSlab());
  }

  /** Level 3 says besides where what leaked was allocated. */
  private static void assertLeaked(Variant variant, LeakReport expected, LeakReport leak) {
    assertEquals(variant.level() == 3 && !expected.isEmpty(), leak.stacks().contains("objects allocated"),
        leak::toString);
    assertEquals(expected, new LeakReport(leak.cache(), leak.objects(), leak.slabs(), leak.emergency(), ""));
  }

  private static void refuses(String name, List<Executable> operations) {
    for (Executable operation : operations) {
      String message = assertThrows(KmemException.Usage.class, operation).getMessage();
      assertTrue(message.contains("closed") && message.contains(name), message);
    }
  }

  @Test
  void aClosedInstanceSaysWhatWasAskedOfIt() {
    Kmem kmem = Kmem.create();
    kmem.close();
    assertEquals("tune: kmem = closed", told(() -> kmem.tune(Tunable.ALLOC_TIMEOUT, 1)));
    assertEquals("alloc: kmem = closed", told(() -> kmem.alloc(5000)));
    assertEquals("createCache: kmem = closed", told(() -> kmem.createCache(CacheSpec.of("late", 64))));
  }

  private static String told(Executable late) {
    String message = assertThrows(KmemException.Usage.class, late).getMessage();
    return message.substring(0, message.indexOf("closed") + 6);
  }
}
