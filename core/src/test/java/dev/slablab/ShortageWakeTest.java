package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Area;
import dev.slablab.spec.*;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.Variant;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who waits for memory is woken by the free that brings it, not by its back-off: the clock never moves here. */
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShortageWakeTest {
  private static final int SIZE = 20_000;
  /** More than all magazines of one CPU hold: whoever frees them all must flush. */
  private static final int OBJECTS = 16;

  /** So many slabs of one object, each of so many pages, or one of all, and less than another slab. */
  private static long limit(Variant variant, boolean single) {
    int pages = switch (variant.type()) {
      case KMEM -> single ? 8 : 5; // a power of two; of all it has 64
      case OFFSLAB -> variant.layout() == ObjectLayout.TRAILER ? 17 : 16; // and the slab's own
      default -> 5;
    };
    return (OBJECTS * pages + 4) * 4096L;
  }

  private static Kmem kmem(Variant variant, boolean single, ManualClock clock, FaultSource source) {
    return variant.builder().clock(clock).pageSource(source).tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 2)
        .tunable(Tunable.GROW_IN_CALLER, 1) // whoever waits on the clock waits for memory, not for a task thread
        .tunable(Tunable.POSSIBLE_CPUS, 1).tunable(Tunable.MEMORY_LIMIT, limit(variant, single)).build();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void anObjectThatReachesItsSlabWakesTheWaiter(Variant variant) {
    ManualClock clock = new ManualClock();
    try (Kmem kmem = kmem(variant, false, clock, new FaultSource())) {
      KmemCache cache = kmem.createCache(CacheSpec.of("woken", SIZE).objectsPerSlab(OBJECTS));
      long[] objects = new long[cache.stats().objectsPerSlab()]; // KMEM's: 13
      assertTrue(objects.length > 10);
      Arrays.setAll(objects, i -> cache.alloc());
      CompletableFuture<Long> waiter = CompletableFuture.supplyAsync(cache::alloc);
      ConcurrentKit.until(() -> cache.stats().slabs().fail() >= 1);
      clock.awaitWaiters(1);
      for (int i = 1; i < objects.length; i++) {
        cache.free(objects[i]);
      }
      cache.free(waiter.join());
      assertEquals(0, clock.nanoTime());
      cache.free(objects[0]);
      ConcurrentKit.finish(kmem, cache);
    }
  }

  /**
   * The free that empties a slab signals before its pages are back. Who wakes up in between finds neither, and must be
   * woken again when the pages are there.
   */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void pagesThatComeBackWakeTheWaiter(Variant variant) throws InterruptedException {
    ManualClock clock = new ManualClock();
    FaultSource source = new FaultSource();
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Kmem kmem = kmem(variant, true, clock, source);
    KmemCache cache = kmem.createCache(
        CacheSpec.of("woken", SIZE).objectsPerSlab(variant.type() == CacheType.KMEM ? 2 : 1)); // 1 does not fit there
    assertEquals(1, cache.stats().objectsPerSlab());
    long[] objects = new long[OBJECTS];
    Arrays.setAll(objects, i -> cache.alloc());
    source.beforeFree = (address, bytes, area) -> {
      if (Thread.currentThread().getName().equals("freer") && area == Area.OBJECTS && reached.getCount() > 0) {
        reached.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    };
    CompletableFuture<Long> waiter = CompletableFuture.supplyAsync(cache::alloc);
    ConcurrentKit.until(() -> cache.stats().slabs().fail() >= 1);
    clock.awaitWaiters(1);
    AtomicInteger freed = new AtomicInteger();
    Thread freer = Thread.ofPlatform().daemon().name("freer").start(() -> {
      for (; reached.getCount() > 0 && freed.get() < OBJECTS; freed.incrementAndGet()) {
        cache.free(objects[freed.get()]); // the magazine fills up, the next one flushes the oldest, its slab goes
      }
    });
    ConcurrentKit.until(() -> reached.getCount() == 0 || !freer.isAlive());
    // Its own reap may find the freer's magazine. Else it tries in vain while the pages are on their way.
    ConcurrentKit.until(() -> waiter.isDone() || cache.stats().slabs().fail() >= 2);
    go.countDown();
    freer.join();
    long object = waiter.join(); // without a tick of the clock
    assertEquals(0, clock.nanoTime());
    assertTrue(freed.get() <= OBJECTS);
    cache.free(object);
    for (int i = freed.get(); i < OBJECTS; i++) {
      cache.free(objects[i]);
    }
    ConcurrentKit.finish(kmem, cache);
    kmem.close();
  }
}
