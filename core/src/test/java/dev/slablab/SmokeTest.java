package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.spec.CacheSpec;
import dev.slablab.testing.Variant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SmokeTest {
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void manyObjectsComeAndGo(Variant variant) {
    try (Kmem kmem = variant.builder().build(); KmemCache cache = kmem.createCache(CacheSpec.of("smoke", 100))) {
      long[] live = new long[2000];
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < live.length; i++) {
          live[i] = cache.alloc();
          dev.slablab.page.Memory.putLong(live[i], i);
        }
        cache.verify();
        assertEquals(live.length, cache.stats().objects().inuse());
        for (int i = 0; i < live.length; i++) {
          assertEquals(i, dev.slablab.page.Memory.getLong(live[i]));
          cache.free(live[i]);
        }
        cache.verify();
      }
      System.out.println(kmem.slabText() + kmem.pageSource() + " " + kmem.placement() + " " + kmem.residentBytes());
      kmem.reap();
      assertEquals(0, kmem.heldBytes());
    }
  }
}
