package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.slablab.page.Area;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.Variant;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Close meets pages on their way, and other closers. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultCloseRaceTest {
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);

  private void hold() {
    reached.countDown();
    try {
      go.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Lets a thread get into the page source, closes the allocator, lets the thread go on: no page may come too late. */
  private void closeMeanwhile(Kmem kmem, ManualScheduler scheduler, FaultSource source, Runnable operation)
      throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread held = Thread.ofPlatform().daemon().start(() -> {
      try {
        operation.run();
      } catch (KmemException.Usage e) { // the allocator is closed: that is what it may learn
      } catch (Throwable e) {
        thrown.set(e);
      }
    });
    reached.await();
    scheduler.runAll();
    Thread closer = Thread.ofPlatform().daemon().start(() -> {
      try {
        kmem.close();
      } catch (KmemException.Leak e) { // of objects the held thread has in hand
      } catch (Throwable e) {
        thrown.set(e);
      }
    });
    ConcurrentKit.until(() -> !closer.isAlive() || closer.getState() == Thread.State.WAITING
        || closer.getState() == Thread.State.TIMED_WAITING);
    go.countDown();
    held.join();
    closer.join();
    assertEquals(List.of(), source.wrong(), "pages came back to a source that was closed (unmapped) already");
    assertEquals(null, thrown.get());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void closeWaitsForEmptySlabsOnTheirWayBack(Variant variant) throws InterruptedException {
    FaultSource source = new FaultSource();
    ManualScheduler scheduler = new ManualScheduler();
    Kmem kmem = variant.builder().pageSource(source).scheduler(scheduler)
        .tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 2).build();
    KmemCache cache = kmem.createCache(CacheSpec.of("late", 5000).objectsPerSlab(1));
    long[] objects = new long[64];
    for (int i = 0; i < objects.length; i++) {
      objects[i] = cache.alloc(AllocMode.NOSLEEP);
      scheduler.runAll();
    }
    source.beforeFree = (address, bytes, area) -> {
      if (area == Area.OBJECTS && reached.getCount() > 0) {
        hold();
      }
    };
    closeMeanwhile(kmem, scheduler, source, () -> {
      for (int i = 0; reached.getCount() > 0; i++) {
        cache.free(objects[i]);
      }
    });
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void closeWaitsForAnEmergencyObjectOnItsWayBack(Variant variant) throws InterruptedException {
    FaultSource source = new FaultSource();
    ManualScheduler scheduler = new ManualScheduler();
    Kmem kmem = variant.builder().pageSource(source).scheduler(scheduler).build();
    KmemCache cache = kmem.createCache(CacheSpec.of("late", 5000));
    long object = cache.alloc(AllocMode.NOSLEEP);
    source.beforeFree = (address, bytes, area) -> {
      if (area == Area.EMERGENCY) {
        hold();
      }
    };
    closeMeanwhile(kmem, scheduler, source, () -> cache.free(object));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void closeWaitsForAnEmergencyObjectThatIsBeingMade(Variant variant) throws InterruptedException {
    FaultSource source = new FaultSource();
    ManualScheduler scheduler = new ManualScheduler();
    Kmem kmem = variant.builder().pageSource(source).scheduler(scheduler).build();
    KmemCache cache = kmem.createCache(CacheSpec.of("late", 5000));
    source.afterAllocate = (address, bytes, area) -> {
      if (area == Area.EMERGENCY) {
        hold();
      }
    };
    closeMeanwhile(kmem, scheduler, source, () -> {
      long object = cache.alloc(AllocMode.NOSLEEP);
      cache.free(object);
    });
  }

  /** Two threads, step by step; if one fails, the other does not wait for it. */
  private static final class Pair {
    private final CyclicBarrier barrier = new CyclicBarrier(2);

    void run(int trials, ConcurrentKit.Body first, ConcurrentKit.Body second) throws InterruptedException {
      ConcurrentKit.together(2, 0, index -> {
        try {
          for (int trial = 0; trial < trials; trial++) {
            (index == 0 ? first : second).run(trial);
            meet();
          }
        } catch (BrokenBarrierException e) { // the other failed, and says why
        } finally {
          barrier.reset();
        }
      });
    }

    void meet() throws InterruptedException, BrokenBarrierException {
      barrier.await();
    }
  }

  @Test
  void closingTheAllocatorBesideACachesOwnerNeverFails() throws InterruptedException {
    Variant variant = new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.HASHED, true);
    Pair pair = new Pair();
    AtomicReference<KmemCache> only = new AtomicReference<>();
    AtomicInteger spins = new AtomicInteger(-1);
    pair.run(ConcurrentKit.count(3_000, 100_000), trial -> {
      ManualScheduler scheduler = new ManualScheduler();
      Kmem kmem = variant.builder().scheduler(scheduler).build();
      KmemCache cache = kmem.createCache(CacheSpec.of("only", 100).objectsPerSlab(1).hooks(null, (object, priv) -> {
        for (spins.set(1000 + 37 * trial % 1000); spins.get() > 0; spins.decrementAndGet()) {
          Thread.onSpinWait(); // the owner's close takes a while
        }
      }, null, ConstructorPlacement.PER_SLAB));
      cache.free(cache.alloc(AllocMode.NOSLEEP));
      scheduler.runAll();
      only.set(cache);
      spins.set(-1);
      pair.meet();
      ConcurrentKit.until(() -> spins.get() >= 0);
      try {
        kmem.close(); // whoever else closes a cache, this must end well: nobody else closes the source
      } catch (RuntimeException e) {
        throw new AssertionError("trial " + trial + ": " + e, e);
      }
    }, trial -> {
      pair.meet();
      try {
        only.get().close();
      } catch (KmemException.Usage e) { // it was closed first
      }
    });
  }

  @Test
  void aClosedCacheStaysClosedWhateverAnotherCloserDoes() throws InterruptedException {
    Pair pair = new Pair();
    AtomicReference<KmemCache> shared = new AtomicReference<>();
    long[] object = new long[1];
    try (Kmem kmem = new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.HASHED, false).builder()
        .tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 2).tunable(Tunable.POSSIBLE_CPUS, 16).build()) {
      pair.run(ConcurrentKit.count(20_000, 1_000_000), trial -> {
        KmemCache cache = kmem.createCache(CacheSpec.of("closing", 100));
        shared.set(cache);
        object[0] = cache.alloc();
        pair.meet();
        close(cache);
        pair.meet();
        if (kmem.caches().contains(cache)) {
          cache.close();
        }
        assertThrows(KmemException.Usage.class, () -> cache.free(object[0]), () -> "trial " + trial);
        assertThrows(KmemException.Usage.class, () -> cache.alloc(AllocMode.NOSLEEP), () -> "trial " + trial);
      }, trial -> {
        pair.meet();
        shared.get().free(object[0]);
        close(shared.get());
        pair.meet();
      });
    }
  }

  private static void close(KmemCache cache) {
    try {
      cache.close();
    } catch (KmemException.Leak | KmemException.Usage e) { // the object is still in use, or the other was first
    }
  }
}
