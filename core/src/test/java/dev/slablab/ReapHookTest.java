package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.ObjectDestructor;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.Variant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Destructors that run inside a reap: they may allocate, free and throw. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReapHookTest {
  /** A cache with one idle slab of two objects (KMEM: of one), whose destructor is the given one. */
  private static KmemCache idle(Kmem kmem, String name, ObjectDestructor destructor) {
    KmemCache cache = kmem.createCache(CacheSpec.of(name, 20_000).objectsPerSlab(2)
        .hooks(null, destructor, null, ConstructorPlacement.PER_SLAB));
    cache.free(cache.alloc());
    assertEquals(1, cache.stats().slabs().total());
    return cache;
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void aDestructorMayAllocateFromTheCacheThatIsReaped(Variant variant) {
    KmemCache[] self = new KmemCache[1];
    AtomicLong inner = new AtomicLong();
    try (Kmem kmem = variant.builder().clock(new ManualClock()).build()) {
      self[0] = idle(kmem, "own", (object, priv) -> {
        if (inner.get() == 0) {
          inner.set(self[0].alloc());
        }
      });
      assertTrue(self[0].reap() > 0);
      ConcurrentKit.until(() -> self[0].stats().states().isEmpty());
      ConcurrentKit.quiet(kmem, self[0], 1);
      self[0].free(inner.get());
      ConcurrentKit.finish(kmem, self[0]);
    }
  }

  /** Hooks may allocate from any cache: two reapers whose destructors use each other's cache must both get on. */
  @Test
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void twoReapersMayUseEachOthersCache() throws InterruptedException {
    Variant variant = ConcurrentKit.variants().getFirst(); // above placements and page sources
    KmemCache[] caches = new KmemCache[2];
    CyclicBarrier bothReaping = new CyclicBarrier(2);
    CountDownLatch once = new CountDownLatch(2);
    try (Kmem kmem = variant.builder().clock(new ManualClock()).build()) {
      for (int i = 0; i < 2; i++) {
        int other = 1 - i;
        AtomicInteger calls = new AtomicInteger();
        caches[i] = idle(kmem, "cache " + i, (object, priv) -> {
          if (calls.getAndIncrement() == 0) {
            try {
              bothReaping.await();
            } catch (Exception e) {
              throw new AssertionError(e);
            }
            caches[other].free(caches[other].alloc());
            once.countDown();
          }
        });
      }
      ConcurrentKit.together(2, 0, index -> caches[index].reap());
      assertEquals(0, once.getCount());
      for (KmemCache cache : caches) {
        ConcurrentKit.until(() -> cache.stats().states().isEmpty());
        ConcurrentKit.finish(kmem, cache);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void whatADestructorThrowsReachesTheReaperAndLosesNothing(Variant variant) {
    IllegalStateException thrown = new IllegalStateException("told to");
    AtomicInteger throwing = new AtomicInteger(1);
    try (Kmem kmem = variant.builder().clock(new ManualClock()).build()) {
      KmemCache bad = idle(kmem, "bad", (object, priv) -> {
        if (throwing.getAndDecrement() > 0) {
          throw thrown;
        }
      });
      assertSame(thrown, assertThrows(IllegalStateException.class, bad::reap));
      assertEquals(0, kmem.heldBytes(), "the memory goes back all the same");
      ConcurrentKit.quiet(kmem, bad, 0);
      bad.free(bad.alloc());
      ConcurrentKit.finish(kmem, bad);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void reapingAllGoesOnAfterADestructorThrew(Variant variant) {
    IllegalStateException thrown = new IllegalStateException("told to");
    try (Kmem kmem = variant.builder().clock(new ManualClock()).build()) {
      AtomicInteger throwing = new AtomicInteger(1);
      KmemCache bad = idle(kmem, "bad", (object, priv) -> {
        if (throwing.getAndDecrement() > 0) {
          throw thrown;
        }
      });
      KmemCache good = idle(kmem, "good", null);
      assertSame(thrown, assertThrows(IllegalStateException.class, kmem::reap));
      assertEquals(0, good.stats().slabs().total(), "reap() reaps every cache");
      ConcurrentKit.finish(kmem, bad);
      ConcurrentKit.finish(kmem, good);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void aHookInsideAReapCannotCloseAndEverythingStaysUsable(Variant variant) {
    Kmem[] all = new Kmem[1];
    AtomicInteger calls = new AtomicInteger();
    try (Kmem kmem = variant.builder().clock(new ManualClock()).build()) {
      all[0] = kmem;
      KmemCache[] self = new KmemCache[1];
      self[0] = idle(kmem, "own", (object, priv) -> {
        if (calls.getAndIncrement() == 0) {
          assertThrows(KmemException.Usage.class, () -> self[0].close());
          assertThrows(KmemException.Usage.class, () -> all[0].close());
        }
      });
      self[0].reap();
      assertTrue(calls.get() >= 1);
      assertEquals(List.of(self[0]), kmem.caches());
      self[0].free(self[0].alloc());
      ConcurrentKit.finish(kmem, self[0]);
    }
  }

  /** Three instances in one process: what happens to one does not touch the others. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void instancesAreIndependent(Variant variant) {
    ManualScheduler scheduler = new ManualScheduler();
    try (Kmem one = variant.builder().clock(new ManualClock()).build();
        Kmem two = variant.builder().tunable(Tunable.MEMORY_LIMIT, 100_000).scheduler(scheduler)
            .build()) {
      KmemCache idle = idle(one, "same name", null);
      KmemCache small = two.createCache(CacheSpec.of("same name", 20_000));
      long last = 0;
      int live = 0;
      long[] taken = new long[10];
      for (long object = small.alloc(AllocMode.NOSLEEP); object != 0; object = small.alloc(AllocMode.NOSLEEP)) {
        scheduler.runAll();
        taken[live++] = object;
        last = object;
      }
      scheduler.runAll();
      assertTrue(live > 0 && live < 6, "the limit of one is not the limit of the other");
      idle.free(idle.alloc());
      assertEquals(1, idle.stats().slabs().total());
      two.reap();
      assertEquals(1, idle.stats().slabs().total(), "reaping one leaves the other");
      Kmem three = variant.builder().clock(new ManualClock()).build();
      KmemCache third = three.createCache(CacheSpec.of("same name", 20_000));
      long foreign = third.alloc();
      long mine = last;
      assertThrows(KmemException.Corruption.class, () -> {
        small.free(foreign); // at once where there are ranges, else when looked up
      });
      third.free(foreign);
      three.close();
      assertThrows(KmemException.Usage.class, three::reap);
      assertThrows(KmemException.Usage.class, () -> three.createCache(CacheSpec.of("late", 8)));
      small.free(mine);
      long[] rest = java.util.Arrays.copyOf(taken, live - 1);
      for (long object : rest) {
        small.free(object);
      }
      ConcurrentKit.finish(two, small);
      ConcurrentKit.finish(one, idle);
    }
  }
}
