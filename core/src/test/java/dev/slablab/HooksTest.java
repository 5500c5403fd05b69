package dev.slablab;

import static dev.slablab.spec.ConstructorPlacement.PER_ALLOCATION;
import static dev.slablab.spec.ConstructorPlacement.PER_SLAB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.testing.HookVariant;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.RecordingHooks;
import dev.slablab.testing.Seeds;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A2: constructor and destructor run exactly once an object, at the promised point. */
class HooksTest {
  private static final CacheSpec SPEC = CacheSpec.of("hooked", 200).objectsPerSlab(8);

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private final RecordingHooks hooks = new RecordingHooks();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void perAllocationMeansEveryAllocationAndEveryFree(Variant variant) {
    KmemCache cache = kmems.open(variant.builder()).createCache(hooks.on(SPEC, PER_ALLOCATION));
    List<Long> live = new ArrayList<>();
    List<AllocMode> modes = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      AllocMode mode = AllocMode.values()[i % 3];
      long object = cache.alloc(mode);
      modes.add(mode);
      live.add(object);
      assertTrue(hooks.constructed.contains(object), "constructed before it is handed out");
      hooks.check(live.size());
    }
    assertEquals(modes, hooks.modes, "the mode of the allocation is handed over");
    Collections.shuffle(live, new Random(1));
    while (!live.isEmpty()) {
      long object = live.removeLast();
      cache.free(object);
      assertTrue(!hooks.constructed.contains(object));
      hooks.check(live.size());
    }
    cache.reap();
    cache.close();
    hooks.check(0);
    assertEquals(300, hooks.constructs.get(), "reap and close run no hooks");
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void perSlabMeansWhenTheSlabComesAndGoes(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(hooks.on(SPEC, PER_SLAB));
    hooks.check(0);
    List<Long> live = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      live.add(cache.alloc(i % 2 == 0 ? AllocMode.SLEEP : AllocMode.PUSHPAGE));
      assertTrue(hooks.constructed.contains(live.getLast()));
    }
    hooks.check(cache.stats().objectsPerSlab() * cache.stats().slabs().total());
    assertTrue(hooks.modes.stream().allMatch(mode -> mode == AllocMode.SLEEP), "a slab is built for everybody");
    long constructs = hooks.constructs.get();
    for (int i = 0; i < 1_000; i++) { // objects that only pass through magazines stay constructed
      cache.free(live.removeLast());
      live.add(cache.alloc());
    }
    assertTrue(constructs == hooks.constructs.get() || variant.level() == 3,
        "a quarantine keeps some from going round");
    live.forEach(cache::free);
    hooks.check(cache.stats().objectsPerSlab() * cache.stats().slabs().total());
    cache.reap();
    assertEquals(0, cache.stats().slabs().total());
    hooks.check(0);
    cache.close();
    hooks.check(0);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void perSlabKeepsTheConstructedState(Variant variant) {
    // Bonwick's point: what the constructor wrote survives free and alloc, as long as the caller puts it back.
    CacheSpec spec = SPEC.hooks((o, priv, mode) -> Memory.putLong(o, o ^ 0x5A5A), null, null, PER_SLAB);
    KmemCache cache = kmems.open(variant.builder()).createCache(spec);
    for (int round = 0; round < 3; round++) {
      List<Long> live = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        live.add(cache.alloc());
        assertEquals(live.getLast() ^ 0x5A5A, Memory.getLong(live.getLast()));
      }
      live.forEach(cache::free);
      cache.reap();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#splLevels")
  void emergencyObjectsAreConstructedAtAllocationAndDestroyedAtFree(HookVariant how) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(how.variant().builder().scheduler(tasks));
    KmemCache cache = kmem.createCache(hooks.on(SPEC, how.placement()));
    long first = cache.alloc(AllocMode.NOSLEEP);
    long second = cache.alloc(AllocMode.NOSLEEP);
    assertNotEquals(first, second);
    assertEquals(2, cache.stats().emergency().current());
    assertEquals(List.of(AllocMode.NOSLEEP, AllocMode.NOSLEEP), hooks.modes);
    hooks.check(2);
    cache.free(first);
    hooks.check(1);
    assertTrue(hooks.constructed.contains(second));
    tasks.runAll(); // the slab both asked for
    int slab = how.perSlab() ? cache.stats().objectsPerSlab() : 0;
    hooks.check(1 + slab);
    cache.free(second);
    hooks.check(slab);
    assertEquals(0, cache.stats().emergency().current());
    cache.close();
    hooks.check(0);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#contract")
  void constructedMinusDestroyedIsZeroAtClose(HookVariant how) {
    Seeds.run(random -> {
      Kmem kmem = kmems.open(how.variant().builder());
      KmemCache cache = kmem.createCache(hooks.on(SPEC, how.placement()));
      List<Long> live = new ArrayList<>();
      for (int step = 0; step < 4_000; step++) {
        if (live.isEmpty() || random.nextInt(100) < 52) {
          live.add(cache.alloc(AllocMode.values()[random.nextInt(3)]));
        } else {
          Collections.swap(live, random.nextInt(live.size()), live.size() - 1);
          cache.free(live.removeLast());
        }
        if (step % 500 == 0) {
          cache.reap();
        }
      }
      live.forEach(cache::free);
      cache.close();
      hooks.check(0);
    });
  }

  @ParameterizedTest
  @EnumSource
  void kmemCloseDestroysWhatIsFree(ConstructorPlacement placement) {
    Kmem kmem = kmems.open(Variant.all().getFirst().builder());
    KmemCache cache = kmem.createCache(hooks.on(SPEC, placement));
    for (int i = 0; i < 100; i++) {
      cache.free(cache.alloc());
    }
    kmems.forget(kmem);
    kmem.close();
    hooks.check(0);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#contract")
  void closeLeakingDestroysOnlyWhatNobodyHolds(HookVariant how) {
    KmemCache cache = kmems.open(how.variant().builder()).createCache(hooks.on(SPEC, how.placement()));
    long held = cache.alloc();
    cache.free(cache.alloc());
    assertEquals(1, cache.closeLeaking().objects());
    hooks.check(1);
    assertTrue(hooks.constructed.contains(held), "the destructor of an object in use does not run");
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#contract")
  void eitherHookMayBeMissing(HookVariant how) {
    Kmem kmem = kmems.open(how.variant().builder());
    long[] calls = new long[1];
    KmemCache onlyDestructor = kmem.createCache(SPEC.hooks(null, (o, priv) -> calls[0]++, null, how.placement()));
    onlyDestructor.free(onlyDestructor.alloc());
    onlyDestructor.reap();
    assertEquals(how.perSlab() ? onlyDestructor.stats().objectsPerSlab() : 1, calls[0]);
    onlyDestructor.close();
    KmemCache onlyConstructor = kmem.createCache(SPEC.hooks((o, priv, mode) -> { }, null, null, how.placement()));
    onlyConstructor.free(onlyConstructor.alloc());
    onlyConstructor.close();
    kmem.createCache(SPEC.hooks(null, null, null, how.placement())).close();
  }
}
