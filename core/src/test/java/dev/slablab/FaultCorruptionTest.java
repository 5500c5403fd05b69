package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Area;
import dev.slablab.page.LimitingPageSource;
import dev.slablab.page.Memory;
import dev.slablab.page.PageSource;
import dev.slablab.page.RangePageSource;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is found broken on the way must not cost what was sound. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultCorruptionTest {
  static Stream<Variant> trailers() {
    return Variant.all().stream().filter(variant -> variant.layout() == ObjectLayout.TRAILER);
  }

  /** A refill takes three objects, then meets one whose trailer was overwritten: the three must not be lost. */
  @ParameterizedTest
  @MethodSource("trailers")
  void aRefillThatMeetsAnOverwrittenTrailerKeepsWhatItTook(Variant variant) {
    GrowthSimulation time = new GrowthSimulation();
    try (Kmem kmem = variant.builder().clock(time).scheduler(time.scheduler).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("damaged", 104));
      long[] objects = new long[8];
      for (int i = 0; i < objects.length; i++) {
        objects[i] = cache.alloc();
        cache.reap(); // what the refill brought beyond it goes back
      }
      for (int i = 1; i < objects.length; i++) {
        cache.free(objects[i]);
        cache.reap(); // straight to its slab: the last one freed is the first to be taken
      }
      assertEquals(1, cache.stats().slabs().total());
      long state = objects[4] + 104 + 8;
      long sound = Memory.getLong(state);
      Memory.putLong(state, 0xBAD);
      AtomicInteger got = new AtomicInteger();
      KmemException.Corruption found = assertThrows(KmemException.Corruption.class, () -> {
        for (int i = 0; i < 8; i++) {
          long _ = cache.alloc();
          got.incrementAndGet();
        }
      });
      assertTrue(found.getMessage().contains("damaged"), found.getMessage());
      Memory.putLong(state, sound);
      assertEquals(3, got.get(), "objects taken before the damaged one");
      ConcurrentKit.quiet(kmem, cache, 1 + got.get());
      for (int i : new int[] {0, 7, 6, 5}) {
        cache.free(objects[i]);
      }
      ConcurrentKit.finish(kmem, cache);
    }
  }

  /** A double free that close finds in one magazine must not leave the other magazines open over released memory. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void closeEmptiesEveryMagazineWhateverItFindsInOne(Variant variant) throws InterruptedException {
    try (Kmem kmem = variant.builder().tunable(Tunable.POSSIBLE_CPUS, 4).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("freed twice", 500));
      long[] last = new long[16];
      ConcurrentKit.together(16, 0, index -> {
        long[] mine = new long[10];
        for (int i = 0; i < mine.length; i++) {
          mine[i] = cache.alloc();
        }
        for (long object : mine) {
          cache.free(object);
        }
        last[index] = mine[9];
      });
      ConcurrentKit.together(16, 0, index -> {
        try {
          cache.free(last[index]); // twice; most stay in a magazine unnoticed
        } catch (KmemException.Corruption e) { // it went straight to its slab
        }
      });
      assertThrows(KmemException.Corruption.class, cache::closeLeaking);
      assertEquals(List.of(), kmem.caches());
      assertEquals(0, kmem.heldBytes());
      ConcurrentKit.together(16, 0, index -> assertThrows(KmemException.Usage.class,
          () -> cache.alloc(AllocMode.NOSLEEP), "an object of a closed cache"));
    }
  }

  /** A page source that throws, below a limit: the limit must not count pages nobody has. */
  @Test
  void aLimitDoesNotCountWhatThrew() {
    AtomicInteger throwing = new AtomicInteger(3);
    FaultSource thrower = new FaultSource();
    thrower.afterAllocate = (address, bytes, area) -> {
      if (throwing.getAndDecrement() > 0) {
        thrower.free(address, bytes, area);
        throw new OutOfMemoryError("a test");
      }
    };
    try (LimitingPageSource limited = new LimitingPageSource(thrower, 10_000)) {
      for (int i = 0; i < 3; i++) {
        assertThrows(OutOfMemoryError.class, () -> limited.allocate(4096, Area.OBJECTS));
      }
      assertEquals(0, limited.heldBytes());
      assertTrue(limited.allocate(4096, Area.OBJECTS) != PageSource.NONE);
    }
  }

  /** Nothing an allocator throws away may be lost by the source either. */
  @Test
  void aRangeSourceThatIsClosedRefusesPagesPolitely() {
    RangePageSource range = RangePageSource.reserve(1L << 30, false);
    if (range != null) {
      long run = range.allocate(4096, Area.OBJECTS);
      range.close();
      assertEquals(PageSource.NONE, range.allocate(4096, Area.OBJECTS));
      assertThrows(KmemException.Usage.class, () -> range.free(run, 4096, Area.OBJECTS));
      range.close();
    }
  }
}
