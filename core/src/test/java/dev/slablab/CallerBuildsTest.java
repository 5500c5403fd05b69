package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Live;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Variant;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code grow_in_caller = 1}: a SLEEP allocation builds the slab it lacks; no task thread is needed. */
class CallerBuildsTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private final ManualScheduler tasks = new ManualScheduler();

  private Kmem open(Variant variant) {
    return kmems.open(variant.builder().scheduler(tasks).tunable(Tunable.GROW_IN_CALLER, 1));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void sleepersNeedNoTaskThread(Variant variant) {
    KmemCache cache = open(variant).createCache(CacheSpec.of("own", 500));
    Live live = new Live();
    for (int i = 0; i < 1_000; i++) {
      live.alloc(cache, i % 2 == 0 ? AllocMode.SLEEP : AllocMode.PUSHPAGE);
    }
    cache.verify();
    assertEquals(0, tasks.pending());
    assertEquals(0, cache.stats().emergency().max());
    assertTrue(cache.stats().states().isEmpty());
    live.freeAll();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void nosleepStillLeavesItToATask(Variant variant) {
    KmemCache cache = open(variant).createCache(CacheSpec.of("own", 500));
    long object = cache.alloc(AllocMode.NOSLEEP);
    assertEquals(1, tasks.pending());
    assertEquals(1, cache.stats().emergency().current());
    tasks.runAll();
    cache.free(object);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void whatASlabsConstructorThrowsReachesTheCaller(Variant variant) {
    IllegalStateException failure = new IllegalStateException("constructor");
    boolean[] fails = {true};
    Thread me = Thread.currentThread();
    Kmem kmem = open(variant);
    KmemCache cache = kmem.createCache(CacheSpec.of("own", 500).hooks((object, priv, mode) -> {
      assertSame(me, Thread.currentThread());
      if (fails[0]) {
        throw failure;
      }
    }, null, null, ConstructorPlacement.PER_SLAB));
    assertSame(failure, assertThrows(IllegalStateException.class, cache::alloc));
    assertEquals(0, kmem.heldBytes());
    assertTrue(cache.stats().states().isEmpty());
    fails[0] = false;
    cache.free(cache.alloc());
  }
}
