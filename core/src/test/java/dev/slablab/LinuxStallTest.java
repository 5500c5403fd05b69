package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.StallingPageSource;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A11, A12 where the caller asks for its slab itself: while one thread is inside a stalled page source, NOSLEEP waits
 * for nothing there, and gets what is free wherever it lies; all goes on once the source answers.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxStallTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  /** Descriptors on the slab, and off it. */
  static Stream<Arguments> variantsAndSizes() {
    return ConcurrentKit.variants().stream().filter(Variant::linux)
        .flatMap(variant -> Stream.of(200, 512, 5000).map(size -> Arguments.of(variant, size)));
  }

  private record Rig(Kmem kmem, StallingPageSource pages) {}

  private Rig open(Variant variant) {
    StallingPageSource[] stalling = new StallingPageSource[1];
    Kmem kmem = kmems.open(variant.builder().decorate(source -> stalling[0] = new StallingPageSource(source)));
    return new Rig(kmem, stalling[0]);
  }

  private static List<Long> take(KmemCache cache, int count) {
    List<Long> taken = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      taken.add(cache.alloc());
    }
    return taken;
  }

  private static List<Long> takeAllThereAre(KmemCache cache) {
    List<Long> taken = new ArrayList<>();
    for (long object = cache.alloc(AllocMode.NOSLEEP); object != 0; object = cache.alloc(AllocMode.NOSLEEP)) {
      taken.add(object);
    }
    return taken;
  }

  @ParameterizedTest
  @MethodSource("variantsAndSizes")
  void nosleepWaitsForNoSourceInWhichAnotherIsStuck(Variant variant, int size) throws InterruptedException {
    Rig rig = open(variant);
    KmemCache cache = rig.kmem.createCache(CacheSpec.of("stalled", size));
    KmemCache other = rig.kmem.createCache(CacheSpec.of("other", size));
    List<Long> live = take(cache, 300);
    CompletableFuture<List<Long>> stuck = new CompletableFuture<>();
    Set<Long> freed = new HashSet<>(live.subList(0, 100));
    Set<Long> again;
    rig.pages.stall();
    try {
      Thread.ofPlatform().daemon().start(() -> stuck.complete(take(cache, 300)));
      rig.pages.awaitStalled();
      ConcurrentKit.together(4, 0, _ -> {
        assertTrue(takeAllThereAre(other).isEmpty(), "a cache without a slab, and nobody asks for one");
        for (int i = 0; i < 20; i++) {
          long object = cache.alloc(AllocMode.NOSLEEP);
          if (object != 0) {
            cache.free(object);
          }
        }
      });
      assertFalse(stuck.isDone());
      freed.forEach(cache::free);
      CacheStats.Objects there = cache.stats().objects(); // slabs of one object have gone
      again = new HashSet<>(takeAllThereAre(cache));
      assertEquals(there.total() - there.inuse(), again.size(), "what is free is found");
      assertFalse(stuck.isDone());
    } finally {
      rig.pages.resume();
      stuck.join();
    }
    List<Long> late = stuck.join();
    live.removeAll(freed);
    Set<Long> all = new HashSet<>(late);
    all.addAll(again);
    all.addAll(live);
    assertEquals(late.size() + again.size() + live.size(), all.size(), "nothing twice");
    assertNotEquals(0, other.alloc(AllocMode.NOSLEEP));
    assertEquals(1, other.closeLeaking().objects());
    all.forEach(cache::free);
    ConcurrentKit.finish(rig.kmem, cache);
  }

  /** Many threads that ask a source that answers: each of them is served. */
  @ParameterizedTest
  @MethodSource("variantsAndSizes")
  void nosleepIsServedBesideOthersThatAsk(Variant variant, int size) throws InterruptedException {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.ALLOC_TIMEOUT, 3_600_000));
    KmemCache cache = kmem.createCache(CacheSpec.of("served", size));
    int[] failed = new int[4];
    ConcurrentKit.together(4, 0, index -> {
      List<Long> mine = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        long object = cache.alloc(AllocMode.NOSLEEP);
        failed[index] += object == 0 ? 1 : 0;
        mine.add(object == 0 ? cache.alloc() : object);
      }
      mine.forEach(cache::free);
    });
    int sum = failed[0] + failed[1] + failed[2] + failed[3];
    assertEquals(0, sum, "failed of 2000");
    ConcurrentKit.finish(kmem, cache);
  }
}
