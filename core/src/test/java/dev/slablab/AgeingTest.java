package dev.slablab;

import static dev.slablab.AgeingKit.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.lang.ref.WeakReference;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ageing: idle caches return what they hold without anybody's asking; clock and timer are the test's. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AgeingTest {
  private static final long DELAY_MILLIS = 3000;
  private static final long PERIOD = TimeUnit.MILLISECONDS.toNanos(DELAY_MILLIS) / 3;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();
  private final ManualClock clock = new ManualClock();
  private final ManualScheduler timer = new ManualScheduler();

  private Kmem.Builder builder(Variant variant) {
    Tunables defaults = Tunables.defaults();
    return variant.builder().clock(clock).scheduler(timer).tunable(Tunable.CACHE_DELAY, DELAY_MILLIS)
        .tunable(Tunable.SPL_KMEM_CACHE_EXPIRE, 1).tunable(Tunable.GROW_IN_CALLER, 1)
        .tunable(Tunable.SLAB_DECAY, defaults.get(Tunable.SLAB_DECAY))
        .tunable(Tunable.MAGAZINE_DEPOT, defaults.get(Tunable.MAGAZINE_DEPOT));
  }

  private Kmem open(Variant variant) {
    return kmems.openTimed(builder(variant));
  }

  private void pass() {
    clock.advance(PERIOD);
    timer.runTimers();
  }

  /** A7. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void whatWasFreedGoesBackWithinTwoDelays(Variant variant) throws InterruptedException {
    Kmem kmem = open(variant);
    long before = kmem.residentBytes();
    KmemCache cache = kmem.createCache(CacheSpec.of("freed", 256));
    clock.advance(PERIOD - 1); // the worst case: a pass just before the last allocation's end
    long[] objects = new long[variant.type() == CacheType.OFFSLAB ? 8_192 : 131_072]; // of a page each there
    assertEquals(objects.length, cache.alloc(objects, 0, objects.length, AllocMode.SLEEP));
    for (long object : objects) {
      Pattern.fill(object, 256, object);
    }
    clock.advance(1);
    timer.runTimers();
    long last = cache.alloc();
    Thread other = Thread.ofPlatform().start(() -> cache.free(objects, 0, objects.length / 2));
    other.join();
    cache.free(objects, objects.length / 2, objects.length / 2);
    cache.free(last);
    assertTrue(cache.stats().objects().inMagazines() > 128, "magazines are full");
    for (int third = 1; third <= 2 * 3; third++) {
      pass();
      OpenKmems.check(kmem);
    }
    assertEquals(0, cache.stats().slabs().total(), "not even one slab per CPU");
    assertEquals(0, kmem.heldBytes());
    assertEquals(before, kmem.residentBytes());
    long destroyed = cache.stats().slabs().destroy();
    pass();
    assertEquals(destroyed, cache.stats().slabs().destroy(), "nothing left to do");
  }

  @Test
  void shortDelaysDoNotWaitForSlabDecay() {
    Kmem kmem = open(plain());
    kmem.tune(Tunable.CACHE_DELAY, 3);
    KmemCache cache = kmem.createCache(CacheSpec.of("short", 1000));
    kmem.free(kmem.alloc(1 << 20)); // and a page run
    long[] objects = new long[2000];
    assertEquals(objects.length, cache.alloc(objects, 0, objects.length, AllocMode.SLEEP));
    cache.free(objects, 0, objects.length);
    for (int third = 1; third <= 2 * 3; third++) {
      clock.advance(1_000_000);
      timer.runTimers();
    }
    assertEquals(0, kmem.heldBytes());
  }

  @Test
  void aFullIdleMagazineTakesTwoPassesAndAPopMakesItYoung() {
    Kmem kmem = open(plain());
    KmemCache cache = kmem.createCache(CacheSpec.of("aged", 64));
    fill(cache);
    assertEquals(256, held(cache), "full");
    pass(); // finds the pops
    pass();
    pass();
    assertEquals(256, held(cache), "two thirds old");
    cache.free(cache.alloc()); // one pop
    pass();
    pass();
    pass();
    assertEquals(256, held(cache), "two thirds old again");
    pass();
    assertEquals(128, held(cache), "a batch");
    pass();
    assertEquals(0, held(cache));
  }

  @Test
  void freesDoNotMakeAMagazineYoung() {
    Kmem kmem = open(plain());
    KmemCache cache = kmem.createCache(CacheSpec.of("freed into", 64));
    long[] objects = new long[20];
    assertEquals(20, cache.alloc(objects, 0, 20, AllocMode.SLEEP));
    for (int third = 0; third < 3; third++) {
      pass();
      cache.free(objects[third]);
    }
    assertTrue(held(cache) > 0);
    pass();
    assertEquals(0, held(cache));
    cache.free(objects, 3, 17);
  }

  @Test
  void slabsThatBurstsNeedStay() {
    Kmem kmem = kmems.openTimed(builder(plain()).tunable(Tunable.MAGAZINE_DEPOT, 0)); // every pass empties the depot
    KmemCache cache = kmem.createCache(CacheSpec.of("bursts", 1000));
    long[] objects = new long[2000];
    long built = 0;
    for (int burst = 0; burst < 40; burst++) {
      assertEquals(objects.length, cache.alloc(objects, 0, objects.length, AllocMode.SLEEP));
      cache.free(objects, 0, objects.length);
      built = burst == 0 ? cache.stats().slabs().create() : built;
      clock.advance(PERIOD / 4); // slab_decay is as long as the period: a burst is in every one
      timer.runTimers();
    }
    assertEquals(built, cache.stats().slabs().create(), "every burst finds the first one's slabs");
  }

  @Test
  void pageRunsGoThoughThereIsNoCache() {
    Kmem kmem = open(plain());
    kmem.free(kmem.alloc(1 << 20));
    assertEquals(1 << 20, kmem.heldBytes());
    pass();
    pass();
    assertEquals(0, kmem.heldBytes());
  }

  @Test
  void thereIsOneTimerHoweverManyCaches() {
    Kmem kmem = open(plain());
    for (int i = 0; i < 5; i++) {
      assertEquals(1, timer.timers());
      kmem.createCache(CacheSpec.of("cache", 64));
    }
    pass();
    assertEquals(1, timer.timers());
  }

  @Test
  void tuningEndsItAndBeginsItAgain() {
    Kmem kmem = open(plain());
    KmemCache cache = kmem.createCache(CacheSpec.of("tuned", 64));
    kmem.free(kmem.alloc(1 << 20));
    fill(cache);
    kmem.tune(Tunable.SPL_KMEM_CACHE_EXPIRE, 0);
    long held = kmem.heldBytes();
    for (int third = 0; third < 9; third++) {
      pass();
    }
    assertEquals(256, held(cache));
    assertEquals(held, kmem.heldBytes());
    kmem.tune(Tunable.SPL_KMEM_CACHE_EXPIRE, 1);
    for (int third = 0; third < 6; third++) {
      pass();
    }
    assertEquals(0, kmem.heldBytes());
  }

  @Test
  void aShorterDelayTakesEffectAtOnce() {
    Kmem kmem = open(plain());
    KmemCache cache = kmem.createCache(CacheSpec.of("hurried", 64));
    timer.runTimers();
    fill(cache);
    kmem.tune(Tunable.CACHE_DELAY, 3);
    assertEquals(2, timer.timers(), "the first has been overtaken");
    for (int third = 0; third < 6; third++) {
      clock.advance(1_000_000);
      timer.runTimers();
      assertEquals(1, timer.timers());
    }
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void closeWaitsForAPass(boolean whole) throws InterruptedException {
    CountDownLatch inPass = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger destructed = new AtomicInteger();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Kmem kmem = builder(plain()).build();
    KmemCache cache = kmem.createCache(CacheSpec.of("closing", 64).hooks(null, (object, priv) -> {
      destructed.incrementAndGet();
      inPass.countDown();
      awaitQuietly(go);
    }, null, ConstructorPlacement.PER_SLAB));
    fill(cache);
    long objects = cache.stats().objects().total();
    Thread pass = Thread.ofPlatform().start(() -> {
      while (inPass.getCount() > 0) {
        pass();
      }
    });
    inPass.await();
    AutoCloseable it = whole ? kmem : cache;
    Thread closer = Thread.ofPlatform().start(() -> {
      try {
        it.close();
      } catch (Throwable e) {
        thrown.set(e);
      }
    });
    ConcurrentKit.until(() -> closer.getState() == Thread.State.WAITING || !closer.isAlive());
    assertTrue(closer.isAlive(), "pages are in the pass's hand");
    go.countDown();
    closer.join();
    pass.join();
    assertNull(thrown.get());
    assertEquals(objects, destructed.get());
    pass();
    assertEquals(whole ? 0 : 1, timer.timers());
    if (!whole) {
      kmem.close();
    }
    assertEquals(0, kmem.heldBytes());
  }

  @Test
  void whatAPassFindsWrongKeepsNoOtherCacheFromIt() {
    Kmem kmem = open(plain());
    KmemCache wrong = kmem.createCache(CacheSpec.of("wrong", 64));
    KmemCache right = kmem.createCache(CacheSpec.of("right", 64));
    fill(right);
    long object = wrong.alloc();
    wrong.free(object);
    wrong.free(object); // found when it reaches its slab
    for (int third = 0; third < 6; third++) {
      pass();
    }
    assertEquals(0, held(right));
    assertEquals(0, held(wrong));
    kmems.corrupted(kmem);
  }

  @Test
  void aTuneInTheMidstOfAPassWaitsForNobodyAndIsNotLost() throws InterruptedException {
    CountDownLatch inPass = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Kmem kmem = open(plain());
    KmemCache cache = kmem.createCache(CacheSpec.of("slow", 64).hooks(null, (object, priv) -> {
      inPass.countDown();
      awaitQuietly(go);
    }, null, ConstructorPlacement.PER_SLAB));
    fill(cache);
    Thread pass = Thread.ofPlatform().start(() -> {
      while (inPass.getCount() > 0) {
        pass();
      }
    });
    inPass.await();
    assertEquals(0, timer.timers());
    for (int times = 0; times < 3; times++) {
      kmem.tune(Tunable.CACHE_DELAY, DELAY_MILLIS);
      assertEquals(1, timer.timers());
      timer.runTimers(); // on this thread, which it must not hold up
      assertEquals(0, timer.timers());
    }
    go.countDown();
    pass.join();
    assertEquals(1, timer.timers(), "the pass under way has a successor");
  }

  @Test
  void aLogHandlerThatThrowsDoesNotEndIt() {
    Logger logger = Logger.getLogger("dev.slablab");
    Handler handler = new Handler() {
      @Override
      public void publish(LogRecord record) {
        throw new IllegalStateException("full");
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    Kmem kmem = open(plain());
    KmemCache wrong = kmem.createCache(CacheSpec.of("wrong", 64));
    long object = wrong.alloc();
    wrong.free(object);
    wrong.free(object);
    AtomicInteger thrown = new AtomicInteger();
    logger.addHandler(handler);
    try {
      for (int third = 0; third < 6; third++) {
        try {
          pass();
        } catch (IllegalStateException e) {
          thrown.incrementAndGet();
        }
        assertEquals(1, timer.timers());
      }
    } finally {
      logger.removeHandler(handler);
    }
    assertTrue(thrown.get() > 0);
    kmems.corrupted(kmem);
  }

  @Test
  void nothingKeepsAnInstanceAlive() {
    WeakReference<Kmem> kmem = forgotten();
    while (kmem.get() != null) {
      System.gc();
    }
    pass();
    assertEquals(0, timer.timers(), "and its ageing has ended");
  }

  private WeakReference<Kmem> forgotten() {
    Kmem kmem = builder(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.BIASED, true)).build();
    KmemCache cache = kmem.createCache(CacheSpec.of("forgotten", 64));
    cache.free(cache.alloc());
    pass();
    assertEquals(1, timer.timers());
    return new WeakReference<>(kmem);
  }

  /** A15, and what is said to be exact at a quiet point is so though passes go on. */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void passesBesideWorkersAndFigures(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    Kmem kmem = open(variant);
    KmemCache cache = kmem.createCache(CacheSpec.of("busy", 400));
    AtomicBoolean over = new AtomicBoolean();
    Thread passes = Thread.ofPlatform().start(() -> {
      while (!over.get()) {
        pass();
      }
    });
    try {
      for (int round = 0; round < ConcurrentKit.count(30, 1000); round++) {
        ConcurrentKit.together(3, seed + round, index -> {
          long[] objects = new long[300];
          for (int burst = 0; burst < 20; burst++) {
            assertEquals(300, cache.alloc(objects, 0, 300, AllocMode.SLEEP));
            for (long object : objects) {
              Pattern.fill(object, 400, object ^ index);
            }
            for (long object : objects) {
              Pattern.check(object, 400, object ^ index);
            }
            cache.free(objects, 0, 300);
          }
        });
        for (int look = 0; look < 20; look++) {
          OpenKmems.check(kmem);
          assertEquals(0, cache.stats().objects().inuse());
        }
      }
    } finally {
      over.set(true);
      passes.join();
    }
  }
}
