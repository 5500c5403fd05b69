package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.*;
import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shrinker's two questions, and who gets no answer. */
class ShrinkerTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void countAndScanSpeakOfObjectsOutsideTheSlabs(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache one = kmem.createCache(CacheSpec.of("one", 256));
    KmemCache two = kmem.createCache(CacheSpec.of("two", 5000));
    KmemCache linux = kmem.createCache(CacheSpec.of("linux", 256).flags(CacheFlag.SLAB));
    long before = kmem.residentBytes();
    long kept = one.alloc();
    AgeingKit.fill(two);
    AgeingKit.fill(linux);
    long alloc = one.stats().objects().alloc() + two.stats().objects().alloc();
    assertTrue(alloc > 32);
    assertEquals(alloc, kmem.shrinker().count(), "Linux's caches count nothing");
    assertEquals(alloc - 1, kmem.shrinker().scan(1), "every cache is reaped, as a whole");
    assertEquals(1, kmem.shrinker().count());
    assertEquals(0, two.stats().slabs().total());
    assertEquals(0, linux.stats().slabs().total());
    assertEquals(0, kmem.shrinker().scan(1_000));
    one.free(kept);
    assertEquals(1, kmem.shrinker().scan(1));
    assertEquals(before, kmem.residentBytes());
  }

  @Test
  void reclaimOnceStopsBehindOnePass() {
    Kmem kmem = kmems.open(AgeingKit.plain().builder().tunable(Tunable.SPL_KMEM_CACHE_RECLAIM, 1));
    KmemCache cache = kmem.createCache(CacheSpec.of("once", 256));
    AgeingKit.fill(cache);
    assertEquals(Shrinker.STOP, kmem.shrinker().scan(1));
    assertEquals(0, kmem.shrinker().count(), "the pass itself was made");
  }

  @Test
  void badNumbersAndClosedInstancesAreRefused() {
    Kmem kmem = Kmem.create();
    for (long objects : new long[] {0, -1}) {
      String message = assertThrows(KmemException.Usage.class, () -> kmem.shrinker().scan(objects)).getMessage();
      assertTrue(message.contains("objects = " + objects), message);
    }
    kmem.close();
    assertThrows(KmemException.Usage.class, () -> kmem.shrinker().scan(1));
  }

  /** As a kernel would, the page source asks the shrinker for memory: from the grow task that must do nothing. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void aThreadThatGrowsIsToldToStop(Variant variant) {
    Kmem[] self = new Kmem[1];
    List<Long> answers = new ArrayList<>();
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.GROW_IN_CALLER, 1)
        .decorate(source -> new ForwardingPageSource(source) {
          @Override
          public long allocate(long bytes, Area area) {
            if (self[0] != null) {
              answers.add(self[0].shrinker().scan(1));
            }
            return super.allocate(bytes, area);
          }
        }));
    KmemCache idle = kmem.createCache(CacheSpec.of("idle", 256));
    idle.free(idle.alloc());
    long held = idle.stats().objects().alloc();
    self[0] = kmem;
    KmemCache cache = kmem.createCache(CacheSpec.of("grows", 256).hooks((_, _, _) ->
        answers.add(kmem.shrinker().scan(1)), (_, _) -> answers.add(kmem.shrinker().scan(1)), null,
        ConstructorPlacement.PER_SLAB));
    long object = cache.alloc();
    assertTrue(answers.size() > 8, "pages and constructors: " + answers);
    assertEquals(List.of(Shrinker.STOP), answers.stream().distinct().toList());
    assertEquals(held, idle.stats().objects().alloc(), "nothing was done");
    self[0] = null;
    answers.clear();
    cache.free(object);
    long _ = cache.reap();
    assertEquals(List.of(Shrinker.STOP), answers.stream().distinct().toList(), "destructors");
    assertEquals(variant.linux() ? 0 : held, kmem.shrinker().scan(1), "outside it does what it says");
  }
}
