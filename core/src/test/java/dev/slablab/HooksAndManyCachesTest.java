package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Variant;
import java.util.Arrays;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A destructor that throws in one cache must not hide or hinder what happens to the others. */
class HooksAndManyCachesTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private final IllegalStateException first = new IllegalStateException("first");
  private final IllegalStateException second = new IllegalStateException("second");

  private static CacheSpec failing(String name, RuntimeException failure) {
    return CacheSpec.of(name, 100).hooks(null, (object, priv) -> {
      throw failure;
    }, null, ConstructorPlacement.PER_SLAB);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void reapOfAllReapsAll(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache bad = kmem.createCache(failing("bad", first));
    KmemCache good = kmem.createCache(CacheSpec.of("good", 100));
    bad.free(bad.alloc());
    good.free(good.alloc());
    assertSame(first, assertThrows(IllegalStateException.class, kmem::reap));
    assertEquals(0, good.stats().slabs().total(), "the cache behind the one that failed is reaped too");
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void kmemCloseKeepsEveryFailure(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    kmems.forget(kmem);
    for (RuntimeException failure : new RuntimeException[] {first, second}) {
      KmemCache cache = kmem.createCache(failing(failure.getMessage(), failure));
      cache.free(cache.alloc());
    }
    RuntimeException thrown = assertThrows(IllegalStateException.class, kmem::close);
    assertSame(first, thrown);
    assertTrue(Arrays.asList(thrown.getSuppressed()).contains(second), "the second failure is not lost");
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void kmemCloseReportsALeakThoughADestructorThrows(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    kmems.forget(kmem);
    KmemCache cache = kmem.createCache(failing("leaky", first));
    long[] objects = new long[9]; // two slabs: one held, one that goes by its destructor
    for (int i = 0; i < objects.length; i++) {
      objects[i] = cache.alloc();
    }
    for (int i = 1; i < objects.length; i++) {
      cache.free(objects[i]);
    }
    KmemException.Leak leak = assertThrows(KmemException.Leak.class, kmem::close);
    assertTrue(leak.getMessage().contains("cache = leaky") && leak.getMessage().contains("1 objects in use"),
        leak.getMessage());
    assertTrue(Arrays.asList(leak.getSuppressed()).contains(first), "what the destructor threw comes along");
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#counted")
  void cacheCloseReportsALeakThoughADestructorThrows(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(failing("leaky", first));
    long[] objects = new long[9];
    for (int i = 0; i < objects.length; i++) {
      objects[i] = cache.alloc();
    }
    for (int i = 1; i < objects.length; i++) {
      cache.free(objects[i]);
    }
    KmemException.Leak leak = assertThrows(KmemException.Leak.class, cache::close);
    assertTrue(Arrays.asList(leak.getSuppressed()).contains(first), "what the destructor threw comes along");
    cache.verify();
    cache.free(objects[0]);
    assertSame(first, assertThrows(IllegalStateException.class, cache::reap));
  }
}
