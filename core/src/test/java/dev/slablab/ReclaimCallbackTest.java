package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A6 and the rules around it: what a reap asks a cache's user for. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReclaimCallbackTest {
  private static final int HELD = 1024;
  private static final int SIZE = 256;
  private static final int A_CALL = 32;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  /** A user who keeps objects, and gives some back when asked. */
  private static final class Keeper {
    final Deque<Long> kept = new ArrayDeque<>();
    final AtomicInteger calls = new AtomicInteger();
    final KmemCache cache;
    int each = A_CALL;

    Keeper(Kmem kmem, CacheSpec spec, int objects) {
      cache = kmem.createCache(spec.reclaim(this::giveBack));
      for (int i = 0; i < objects; i++) {
        kept.add(cache.alloc());
      }
    }

    synchronized void giveUp() {
      kept.forEach(cache::free);
      kept.clear();
    }

    private synchronized void giveBack(Object priv) {
      calls.incrementAndGet();
      for (int i = 0; i < each && !kept.isEmpty(); i++) {
        cache.free(kept.remove());
      }
    }
  }

  private static CacheSpec spec() {
    return CacheSpec.of("kept", SIZE);
  }

  /** A6. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void reapsGetEverythingBackWithABoundedNumberOfCalls(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    Keeper keeper = new Keeper(kmem, spec(), HELD);
    assertTrue(keeper.cache.stats().slabs().total() > 0);
    int reaps = 0;
    while (keeper.cache.stats().slabs().total() > 0) {
      assertTrue(reaps++ <= HELD / A_CALL, "reaps");
      keeper.cache.reap();
      OpenKmems.check(kmem);
    }
    assertTrue(keeper.calls.get() <= HELD / A_CALL + 2, "calls = " + keeper.calls);
    assertEquals(0, keeper.kept.size());
  }

  /** With the defaults: empty slabs stay for a while, so a reap ends with the first one. */
  @Test
  void theSameWithDecayAndDepot() {
    Kmem kmem = kmems.open(Kmem.builder().tunables(Tunables.defaults()));
    Keeper keeper = new Keeper(kmem, spec().flags(CacheFlag.KVMEM), HELD);
    int reaps = 0;
    while (keeper.cache.stats().slabs().total() > 0) {
      assertTrue(reaps++ <= HELD / A_CALL, "reaps");
      long bytes = keeper.cache.reap();
      assertTrue(bytes > 0, "each reap returns something");
    }
    assertTrue(keeper.calls.get() <= HELD / A_CALL + 2, "calls = " + keeper.calls);
  }

  @Test
  void aCallbackThatGivesNothingIsCalledOnce() {
    Kmem kmem = kmems.open(AgeingKit.plain().builder());
    Keeper keeper = new Keeper(kmem, spec(), HELD);
    keeper.each = 0;
    for (int reap = 1; reap <= 3; reap++) {
      keeper.cache.reap();
      assertEquals(reap, keeper.calls.get());
    }
    keeper.each = HELD;
    keeper.cache.reap();
    assertEquals(0, keeper.cache.stats().slabs().total());
  }

  /** What goes into a magazine has left the caller's hands: without that a reap of full magazines would end early. */
  @Test
  void whatLandsInAMagazineIsProgress() {
    Kmem kmem = kmems.open(AgeingKit.plain().builder());
    Keeper keeper = new Keeper(kmem, spec(), 200); // less than a magazine
    keeper.each = 10;
    keeper.cache.reap();
    assertEquals(0, keeper.kept.size(), "called to the end");
    assertEquals(0, keeper.cache.stats().slabs().total());
  }

  @Test
  void reclaimOnceCallsOnce() {
    Kmem kmem = kmems.open(AgeingKit.plain().builder().tunable(Tunable.SPL_KMEM_CACHE_RECLAIM, 1));
    Keeper keeper = new Keeper(kmem, spec(), HELD);
    for (int reap = 1; reap <= 3; reap++) {
      keeper.cache.reap();
      assertEquals(reap, keeper.calls.get());
      assertEquals(HELD - reap * A_CALL, keeper.kept.size());
    }
    keeper.giveUp();
  }

  @Test
  void aCacheWithoutSlabsStopsTheLoop() {
    AtomicInteger calls = new AtomicInteger();
    Kmem kmem = kmems.open(AgeingKit.plain().builder());
    KmemCache cache = kmem.createCache(spec().reclaim(_ -> calls.incrementAndGet()));
    cache.reap();
    assertEquals(1, calls.get());
  }

  @Test
  void itGetsThePrivateValueAndRunsUnderNoLock() throws InterruptedException {
    Object priv = new Object();
    AtomicReference<Object> seen = new AtomicReference<>();
    KmemCache[] self = new KmemCache[1];
    Kmem kmem = kmems.open(AgeingKit.plain().builder());
    self[0] = kmem.createCache(spec().hooks(null, null, priv, ConstructorPlacement.PER_ALLOCATION).reclaim(value -> {
      seen.set(value);
      Thread other = Thread.ofPlatform().start(() -> {
        self[0].free(self[0].alloc(AllocMode.NOSLEEP)); // needs every lock there is
        assertEquals(0, self[0].reap(), "one reaper at a time");
        self[0].verify();
      });
      join(other);
      assertThrows(KmemException.Usage.class, () -> self[0].close());
    }));
    self[0].free(self[0].alloc());
    self[0].reap();
    assertSame(priv, seen.get());
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void aWaitingAllocationFromItsOwnCacheIsAnError(Variant variant) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks).tunable(Tunable.GROW_IN_CALLER, 1));
    KmemCache[] own = new KmemCache[1];
    KmemCache other = kmem.createCache(CacheSpec.of("another", SIZE));
    List<Long> got = new ArrayList<>();
    AllocMode[] mode = {AllocMode.SLEEP};
    own[0] = kmem.createCache(spec().reclaim(_ -> {
      other.free(other.alloc()); // another's is legal
      got.add(own[0].alloc(mode[0]));
    }));
    for (AllocMode waiting : new AllocMode[] {AllocMode.SLEEP, AllocMode.PUSHPAGE, AllocMode.NORETRY}) {
      mode[0] = waiting;
      String message = assertThrows(KmemException.Usage.class, own[0]::reap).getMessage();
      assertTrue(message.contains("mode = " + waiting) && message.contains("cache = kept"), message);
      assertTrue(own[0].stats().states().isEmpty(), "the reap is over");
    }
    mode[0] = AllocMode.NOSLEEP;
    own[0].reap();
    tasks.runAll();
    assertNotEquals(0, got.getFirst());
    got.forEach(own[0]::free);
    own[0].free(own[0].alloc()); // outside it works again
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void whatItThrowsReachesTheReaperAndTheReapIsCompleted(Variant variant) {
    IllegalStateException thrown = new IllegalStateException("told to");
    Kmem kmem = kmems.open(variant.builder());
    KmemCache bad = kmem.createCache(spec().reclaim(_ -> {
      throw thrown;
    }));
    KmemCache good = kmem.createCache(CacheSpec.of("good", SIZE));
    for (KmemCache cache : new KmemCache[] {bad, good}) {
      cache.free(cache.alloc());
      assertEquals(1, cache.stats().slabs().total());
    }
    assertSame(thrown, assertThrows(IllegalStateException.class, kmem::reap));
    assertEquals(0, bad.stats().slabs().total());
    assertEquals(0, good.stats().slabs().total());
    bad.free(bad.alloc());
  }

  /** A9 with the callback: nobody frees but when asked. */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void overcommitLivesOnWhatIsGivenBack(Variant variant) throws InterruptedException {
    long limit = 8 << 20;
    int size = 16_384;
    Kmem kmem = kmems.openTimed(variant.builder().tunable(Tunable.MEMORY_LIMIT, limit).clock(KmemClock.system()));
    Keeper keeper = new Keeper(kmem, CacheSpec.of("overcommitted", size), 0);
    keeper.each = 16;
    int each = (int) (4 * limit / size / 4);
    ConcurrentKit.together(4, 0, _ -> {
      for (int i = 0; i < each; i++) {
        long object = keeper.cache.alloc();
        synchronized (keeper) {
          keeper.kept.add(object);
        }
      }
    });
    assertEquals(4L * each, keeper.cache.stats().objects().allocated());
    assertTrue(keeper.calls.get() > 0);
    keeper.giveUp();
    ConcurrentKit.finish(kmem, keeper.cache);
  }

  /** A15: callbacks, reaps, scans, tuning beside threads that allocate and free. */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void askingBesideWorkers(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    Kmem kmem = kmems.openTimed(variant.builder().clock(KmemClock.system()).tunable(Tunable.MAGAZINE_DEPOT, 2));
    Keeper keeper = new Keeper(kmem, spec(), 500);
    ConcurrentOwners owners = new ConcurrentOwners(SIZE);
    AtomicInteger working = new AtomicInteger(4);
    int rounds = ConcurrentKit.count(2_000, 100_000);
    ConcurrentKit.together(6, seed, index -> {
      if (index < 4) {
        long[] mine = new long[20];
        for (int round = 0; round < rounds; round++) {
          for (int i = 0; i < mine.length; i++) {
            mine[i] = keeper.cache.alloc();
            owners.took(mine[i], ((long) index << 32) | i);
          }
          for (int i = 0; i < mine.length; i++) {
            owners.gives(mine[i], ((long) index << 32) | i);
            keeper.cache.free(mine[i]);
          }
        }
        working.decrementAndGet();
      }
      for (int turn = 0; index > 3 && working.get() > 0; turn++) {
        if (index == 4) {
          keeper.cache.reap();
        } else {
          long freed = kmem.shrinker().scan(100);
          assertTrue(turn % 2 == 1 ? freed == Shrinker.STOP : freed >= 0, "scan = " + freed);
          kmem.tune(Tunable.SPL_KMEM_CACHE_RECLAIM, (turn + 1) % 2);
        }
      }
    });
    ConcurrentKit.quiet(kmem, keeper.cache, keeper.kept.size());
    keeper.giveUp();
    ConcurrentKit.finish(kmem, keeper.cache);
  }

  /** A callback that reaps on, of a cache of either slab, is not asked again by the reap that it is part of. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void aCallbackThatReapsEverythingIsNotAskedAgainInside(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    AtomicInteger calls = new AtomicInteger();
    KmemCache[] cache = new KmemCache[1];
    cache[0] = kmem.createCache(spec().reclaim(priv -> {
      calls.incrementAndGet();
      long _ = kmem.reap();
      long _ = cache[0].reap();
    }));
    cache[0].free(cache[0].alloc());
    long _ = kmem.reap();
    assertTrue(calls.get() == 1, calls + " calls");
    cache[0].close();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void whatItWouldWaitForIsItself(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache[] cache = new KmemCache[1];
    cache[0] = kmem.createCache(spec().reclaim(priv -> {
      long object = cache[0].alloc(AllocMode.NOSLEEP);
      if (object != 0) {
        cache[0].free(object);
      }
      List<Long> all = new ArrayList<>();
      try {
        for (int i = 0; i < 10_000; i++) { // more than magazines hold
          all.add(cache[0].alloc());
        }
      } finally {
        all.forEach(cache[0]::free);
      }
    }));
    KmemException.Usage wrong = assertThrows(KmemException.Usage.class, kmem::reap);
    assertTrue(wrong.getMessage().contains("NOSLEEP only"), wrong.getMessage());
    long _ = assertThrows(KmemException.Usage.class, kmem::reap).getMessage().length();
    assertThrows(KmemException.Usage.class, cache[0]::reap);
    cache[0].close();
  }
}
