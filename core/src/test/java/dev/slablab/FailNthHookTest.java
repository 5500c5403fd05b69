package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Java heap is full when the N-th hook runs, N = 1, 2, … to the end of a history: nothing is lost by it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FailNthHookTest {
  private static final AtomicLong POSITIONS = new AtomicLong();

  /** One history; tells whether the N-th call was made. */
  private static boolean play(HookVariant how, long n, boolean destructors, boolean inCaller) {
    GrowthSimulation time = new GrowthSimulation();
    RecordingHooks hooks = new RecordingHooks();
    AtomicLong calls = new AtomicLong();
    int[] thrown = new int[1];
    try (Kmem kmem = how.variant().builder().clock(time).scheduler(time.scheduler)
        .tunable(Tunable.GROW_IN_CALLER, inCaller ? 1 : 0).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("heap", 700).objectsPerSlab(4).hooks((object, priv, mode) -> {
        if (!destructors && calls.incrementAndGet() == n) {
          throw new OutOfMemoryError("told to");
        }
        hooks.construct(object, priv, mode);
      }, (object, priv) -> {
        hooks.destruct(object, priv);
        if (destructors && calls.incrementAndGet() == n) {
          throw new OutOfMemoryError("told to");
        }
      }, hooks.priv, how.placement()));
      List<Long> live = new ArrayList<>();
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 8; i++) {
          AllocMode mode = i % 4 == 3 ? AllocMode.NOSLEEP : AllocMode.SLEEP;
          attempt(thrown, () -> {
            long object = cache.alloc(mode);
            assertTrue(object != 0, "there is memory");
            live.add(object);
          });
        }
        time.scheduler.runAll();
        cache.verify();
        assertEquals(live.size(), cache.stats().objects().inuse());
        if (!how.perSlab()) {
          hooks.check(live.size());
        }
        live.forEach(object -> attempt(thrown, () -> cache.free(object)));
        live.clear();
        attempt(thrown, cache::reap);
        ConcurrentKit.quiet(kmem, cache, 0);
      }
      attempt(thrown, cache::close);
      hooks.check(0);
      assertEquals(List.of(), kmem.caches().stream().filter(it -> it == cache).toList());
      long _ = kmem.reap();
      assertEquals(0, kmem.heldBytes());
    }
    boolean made = calls.get() >= n;
    // the growth that a NOSLEEP asked for fails on the task thread, where nobody waits for it
    int least = made && (destructors || !how.perSlab()) ? 1 : 0;
    assertTrue(thrown[0] >= least && thrown[0] <= (made ? 1 : 0), "thrown = " + thrown[0] + ", made = " + made);
    return made;
  }

  private static void attempt(int[] thrown, Runnable step) {
    try {
      step.run();
    } catch (OutOfMemoryError e) {
      assertEquals("told to", e.getMessage());
      thrown[0]++;
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#withDebugged")
  void everyCall(HookVariant how) {
    for (int kind = 0; kind < 4; kind++) {
      long n = 1;
      while (play(how, n, kind % 2 == 1, kind > 1)) {
        n++;
      }
      assertTrue(n > 4, "hooks run: " + n);
      POSITIONS.addAndGet(n - 1);
    }
  }

  @AfterAll
  static void tell() {
    System.out.println("fail-nth of hooks: " + POSITIONS + " positions");
  }
}
