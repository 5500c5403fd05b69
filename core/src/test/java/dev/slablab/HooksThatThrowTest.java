package dev.slablab;

import static dev.slablab.spec.ConstructorPlacement.PER_ALLOCATION;
import static dev.slablab.spec.ConstructorPlacement.PER_SLAB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.HookVariant;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.RecordingHooks;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A2: what a hook throws reaches the caller and loses nothing; {@link OpenKmems} counts afterwards. */
class HooksThatThrowTest {
  private static final CacheSpec SPEC = CacheSpec.of("throwing", 200).objectsPerSlab(8);

  private static final class HookFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private final RecordingHooks hooks = new RecordingHooks();
  private final HookFailure failure = new HookFailure();
  /** Every so-manieth call throws; 0 = none does. */
  private volatile int constructorFails;
  private volatile int destructorFails;
  private int constructorCalls;
  private int destructorCalls;

  private CacheSpec throwing(HookVariant how) {
    return SPEC.hooks((object, priv, mode) -> {
      if (constructorFails != 0 && ++constructorCalls % constructorFails == 0) {
        throw failure;
      }
      hooks.construct(object, priv, mode);
    }, (object, priv) -> {
      hooks.destruct(object, priv);
      if (destructorFails != 0 && ++destructorCalls % destructorFails == 0) {
        throw failure;
      }
    }, hooks.priv, how.placement());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void constructorPerAllocation(Variant variant) {
    KmemCache cache = kmems.open(variant.builder()).createCache(throwing(new HookVariant(variant, PER_ALLOCATION)));
    constructorFails = 3;
    List<Long> live = new ArrayList<>();
    for (int i = 1; i <= 300; i++) {
      if (i % 3 == 0) {
        assertSame(failure, assertThrows(HookFailure.class, cache::alloc));
      } else {
        live.add(cache.alloc());
      }
      assertEquals(live.size(), cache.stats().objects().inuse());
    }
    hooks.check(live.size());
    cache.verify();
    live.forEach(cache::free);
    hooks.check(0);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void constructorPerSlab(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(throwing(new HookVariant(variant, PER_SLAB)));
    constructorFails = 5; // in the middle of the slab: four objects are taken apart again
    assertSame(failure, assertThrows(HookFailure.class, cache::alloc));
    hooks.check(0);
    assertEquals(4, hooks.destructs.get());
    kmem.reap(); // what descriptors took
    assertEquals(0, kmem.heldBytes(), "the slab that failed went back");
    assertEquals(1, cache.stats().slabs().fail());
    assertEquals(0, cache.stats().slabs().total());
    constructorFails = 0;
    long object = cache.alloc();
    hooks.check(cache.stats().objectsPerSlab());
    cache.free(object);
    cache.close();
    hooks.check(0);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#splLevels")
  void constructorOfAnEmergencyObject(HookVariant how) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(how.variant().builder().scheduler(tasks));
    KmemCache cache = kmem.createCache(throwing(how));
    constructorFails = 1;
    assertSame(failure, assertThrows(HookFailure.class, () -> cache.alloc(AllocMode.NOSLEEP)));
    assertEquals(0, kmem.heldBytes(), "its pages went back");
    assertEquals(0, cache.stats().emergency().current());
    assertEquals(0, cache.stats().objects().inuse());
    constructorFails = 0;
    long object = cache.alloc(AllocMode.NOSLEEP);
    hooks.check(1);
    cache.free(object);
    tasks.runAll();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#splLevels")
  void aSlabThatCannotBeConstructedDoesNotHurtNosleep(Variant variant) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks));
    KmemCache cache = kmem.createCache(throwing(new HookVariant(variant, PER_SLAB)));
    long object = cache.alloc(AllocMode.NOSLEEP);
    constructorFails = 2;
    tasks.runAll();
    constructorFails = 0;
    hooks.check(1);
    assertEquals(1, cache.stats().slabs().fail());
    cache.free(object);
    long next = cache.alloc(AllocMode.NOSLEEP); // asks for growth anew
    assertEquals(1, tasks.runAll());
    cache.free(next);
    hooks.check(cache.stats().objectsPerSlab());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void destructorPerAllocation(Variant variant) {
    KmemCache cache = kmems.open(variant.builder()).createCache(throwing(new HookVariant(variant, PER_ALLOCATION)));
    long[] live = new long[300];
    for (int i = 0; i < live.length; i++) {
      live[i] = cache.alloc();
    }
    destructorFails = 4;
    for (int i = 1; i <= live.length; i++) {
      long object = live[i - 1];
      if (i % 4 == 0) {
        assertSame(failure, assertThrows(HookFailure.class, () -> cache.free(object)));
      } else {
        cache.free(object);
      }
      assertEquals(live.length - i, cache.stats().objects().inuse(), "the object is free all the same");
    }
    hooks.check(0);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#splLevels")
  void destructorOfAnEmergencyObject(HookVariant how) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(how.variant().builder().scheduler(tasks));
    KmemCache cache = kmem.createCache(throwing(how));
    long object = cache.alloc(AllocMode.NOSLEEP);
    assertNotEquals(0, kmem.heldBytes());
    destructorFails = 1;
    assertSame(failure, assertThrows(HookFailure.class, () -> cache.free(object)));
    destructorFails = 0;
    assertEquals(0, kmem.heldBytes());
    assertEquals(0, cache.stats().objects().inuse());
    assertThrows(KmemException.Corruption.class, () -> cache.free(object), "it is gone");
    tasks.runAll(); // closing would wait for the growth that was asked for
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void destructorPerSlab(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(throwing(new HookVariant(variant, PER_SLAB)));
    long[] live = new long[64];
    for (int i = 0; i < live.length; i++) {
      live[i] = cache.alloc();
    }
    for (long object : live) {
      cache.free(object);
    }
    destructorFails = 3;
    assertSame(failure, assertThrows(HookFailure.class, cache::reap));
    destructorFails = 0;
    hooks.check(0);
    assertEquals(0, kmem.heldBytes(), "every slab went back, whatever was thrown");
    assertEquals(0, cache.stats().slabs().total());
    assertTrue(cache.stats().states().isEmpty(), "REAPING is over");
    cache.free(cache.alloc());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void destructorPerSlabAtClose(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(throwing(new HookVariant(variant, PER_SLAB)));
    cache.free(cache.alloc());
    destructorFails = 2;
    assertSame(failure, assertThrows(HookFailure.class, cache::close));
    hooks.check(0);
    assertEquals(0, kmem.heldBytes());
    assertEquals(List.of(), kmem.caches(), "the cache is closed all the same");
    assertThrows(KmemException.Usage.class, cache::alloc);
  }

}
