package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheState;
import dev.slablab.testing.HookVariant;
import dev.slablab.testing.OpenKmems;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A2: hooks may allocate and free, on another cache and on their own. */
@Timeout(20)
class HooksThatAllocateTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#all")
  void hooksMayUseAnotherCache(HookVariant how) {
    // Every "header" owns a "body" of another cache, as zio and abd do.
    Kmem kmem = kmems.open(how.variant().builder());
    KmemCache bodies = kmem.createCache(CacheSpec.of("bodies", 64));
    Map<Long, Long> bodyOf = new ConcurrentHashMap<>();
    KmemCache headers = kmem.createCache(CacheSpec.of("headers", 32).hooks(
        (object, priv, mode) -> bodyOf.put(object, bodies.alloc(mode)),
        (object, priv) -> bodies.free(bodyOf.remove(object)), null, how.placement()));
    long[] live = new long[200];
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < live.length; i++) {
        live[i] = headers.alloc();
        Memory.putLong(bodyOf.get(live[i]), i);
      }
      kmem.verify();
      assertEquals(bodyOf.size(), bodies.stats().objects().inuse());
      for (int i = 0; i < live.length; i++) {
        assertEquals(i, Memory.getLong(bodyOf.get(live[i])));
        headers.free(live[i]);
      }
      headers.reap();
      assertEquals(0, bodyOf.size());
      assertEquals(0, bodies.stats().objects().inuse());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#all")
  void constructorsMayUseTheirOwnCache(HookVariant how) {
    Kmem kmem = kmems.openTimed(how.variant().builder());
    AtomicReference<KmemCache> self = new AtomicReference<>();
    ThreadLocal<Boolean> inside = ThreadLocal.withInitial(() -> false);
    Set<Long> inner = ConcurrentHashMap.newKeySet();
    KmemCache cache = kmem.createCache(CacheSpec.of("self", 40).objectsPerSlab(2).hooks((object, priv, mode) -> {
      if (!inside.get()) { // its own objects need a constructor as well: only the outermost goes on
        inside.set(true);
        long helper = self.get().alloc();
        assertNotEquals(object, helper);
        assertTrue(inner.add(helper));
        self.get().free(self.get().alloc());
        inside.set(false);
      }
    }, null, null, how.placement()));
    self.set(cache);
    long object = cache.alloc();
    // A slab's constructors cannot wait for the slab they build: they got emergency objects, and so perhaps did we.
    while (cache.stats().states().contains(CacheState.GROWING)) {
      Thread.onSpinWait();
    }
    assertTrue(!inner.contains(object), "handed out twice");
    cache.verify();
    assertEquals(1 + inner.size(), cache.stats().objects().inuse());
    cache.free(object);
    inner.forEach(cache::free);
    assertEquals(0, cache.stats().objects().inuse());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#all")
  void destructorsMayUseTheirOwnCache(HookVariant how) {
    Kmem kmem = kmems.open(how.variant().builder());
    AtomicReference<KmemCache> self = new AtomicReference<>();
    AtomicInteger depth = new AtomicInteger();
    AtomicInteger calls = new AtomicInteger();
    KmemCache cache = kmem.createCache(CacheSpec.of("self", 40).hooks(null, (object, priv) -> {
      if (depth.getAndIncrement() == 0 && calls.incrementAndGet() < 50) {
        long helper = self.get().alloc();
        assertNotEquals(object, helper);
        self.get().free(helper);
      }
      depth.decrementAndGet();
    }, null, how.placement()));
    self.set(cache);
    long[] live = new long[100];
    for (int i = 0; i < live.length; i++) {
      live[i] = cache.alloc();
    }
    for (long object : live) {
      cache.free(object);
    }
    cache.reap();
    cache.verify();
    assertTrue(calls.get() >= 50);
    assertEquals(0, cache.stats().objects().inuse());
    cache.reap();
  }
}
