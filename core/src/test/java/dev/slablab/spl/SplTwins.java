package dev.slablab.spl;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.slablab.slab.LeakReport;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.Failures;
import dev.slablab.spl.SplCache.Locked;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Broken twins of {@link SplJcstress} and {@link EmergencyJcstress}: in each the forbidden must happen. */
public final class SplTwins {
  private static final int BROKEN = -9;
  private static final int WINDOW_NANOS = 100_000;

  private SplTwins() {}

  /** Work of an actor, in a cache that may be broken already. */
  interface Step {
    int run();
  }

  private static int tried(Step step) {
    try {
      return step.run();
    } catch (RuntimeException e) {
      return BROKEN;
    }
  }

  /** {@link SlabLists#take} of one object, but the slab moves to its list when the lock has been given up. */
  static long takeAndMoveLater(SplCache cache) {
    SlabLists lists = cache.lists;
    Slab slab;
    long object;
    try (Locked _ = cache.lock()) {
      slab = lists.partial.head;
      if (slab == null) {
        return 0;
      }
      object = cache.layout.take(slab);
      lists.empty -= slab.ref == 0 ? 1 : 0;
      lists.slabAlloc += slab.ref == 0 ? 1 : 0;
      slab.ref++;
      lists.objAlloc++;
      cache.directAllocs++;
    }
    LockSupport.parkNanos(WINDOW_NANOS);
    if (slab.ref == cache.geometry.objects()) {
      lists.partial.remove(slab);
      lists.complete.addHead(slab);
    }
    return object;
  }

  /** {@link Growth} of the first slab, but whoever waits is woken before there is one. */
  static void growAndSignalFirst(SplCache cache) {
    if (cache.locked(() -> cache.lists.slabTotal == 0 && cache.growth.states.add(CacheState.GROWING))) {
      signalAndPublish(cache);
    }
  }

  private static void signalAndPublish(SplCache cache) {
    cache.growth.drop();
    Slab slab = cache.pages.build();
    LockSupport.parkNanos(WINDOW_NANOS);
    try (Locked _ = cache.lock()) {
      cache.lists.add(slab);
      cache.growth.states.remove(CacheState.GROWING);
    }
  }

  /** A list move outside the lock. */
  @JCStressTest
  @Outcome(id = {"1, 1, 1", "2, 1, 1"}, expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(expect = FORBIDDEN, desc = "the lists are broken")
  @State
  public static class MoveOutsideLock {
    private final HeapRig rig = HeapRig.growingInCaller(2, 4);
    private final long first = rig.alloc();

    @Actor
    public void alloc(III_Result r) {
      r.r1 = tried(() -> rig.name(takeAndMoveLater(rig.cache)));
    }

    @Actor
    public void free(III_Result r) {
      r.r2 = tried(() -> {
        rig.free(first);
        return 1;
      });
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.sound();
    }
  }

  /** GROWING is not tested and set in one step. */
  @JCStressTest
  @Outcome(id = {"1, 0, 1", "0, 1, 1"}, expect = ACCEPTABLE, desc = "one of them grew the cache")
  @Outcome(expect = FORBIDDEN, desc = "a slab too many")
  @State
  public static class TestThenSet {
    private final HeapRig rig = HeapRig.growingInCaller(2, 4);

    private int grow() {
      if (!rig.cache.growth.states.add(CacheState.GROWING)) {
        return 0;
      }
      Slab slab = rig.cache.pages.build();
      try (Locked _ = rig.lock()) {
        rig.cache.lists.add(slab);
      }
      return 1;
    }

    @Actor
    public void first(III_Result r) {
      r.r1 = grow();
    }

    @Actor
    public void second(III_Result r) {
      r.r2 = grow();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.pages.given();
    }
  }

  /** Growth wakes those who wait, and publishes its slab then. */
  @JCStressTest
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "woken, or never waited")
  @Outcome(expect = FORBIDDEN, desc = "a wake-up lost")
  @State
  public static class GrowthSignalsFirst {
    private final HeapRig rig = HeapRig.growingByHand(2);

    @Actor
    public void alloc(III_Result r) {
      r.r1 = rig.name(rig.alloc());
    }

    @Actor
    public void grow(III_Result r) {
      while (!rig.hasTask()) {
        Thread.onSpinWait();
      }
      signalAndPublish(rig.cache);
      r.r2 = 1;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.sound();
    }
  }

  /** Emergency objects enter their tree outside the lock. */
  @JCStressTest
  @Outcome(id = "1, 1, 2", expect = ACCEPTABLE, desc = "both are there")
  @Outcome(expect = FORBIDDEN, desc = "one is lost")
  @State
  public static class TreeOutsideLock {
    private final HeapRig rig = HeapRig.growingByHand(2);

    private int add(long object) {
      return tried(() -> rig.cache.emergencies.tree.putIfAbsent(object, new Emergencies.Run(rig.cache, object)) == null
          ? 1 : 0);
    }

    @Actor
    public void first(III_Result r) {
      r.r1 = add(1);
    }

    @Actor
    public void second(III_Result r) {
      r.r2 = add(2);
    }

    @Arbiter
    public void rest(III_Result r) {
      for (long object = 1; object <= 2; object++) {
        r.r3 += rig.cache.emergencies.tree.containsKey(object) ? 1 : 0;
      }
    }
  }

  /** An emergency object leaves its tree only when its pages have been returned. */
  @JCStressTest
  @Outcome(id = {"1, 0, 0", "-1, 1, 0"}, expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(expect = FORBIDDEN, desc = "returned twice")
  @State
  public static class ReleasedBeforeRemoved {
    private final HeapRig rig = HeapRig.growingByHand(2);
    private final long object = rig.alloc(AllocMode.NOSLEEP);

    public ReleasedBeforeRemoved() {
      rig.runTasks();
    }

    private int release() {
      Emergencies emergencies = rig.cache.emergencies;
      if (!rig.cache.locked(() -> emergencies.tree.containsKey(object))) {
        return -1;
      }
      emergencies.release(object);
      return rig.cache.locked(() -> emergencies.tree.remove(object) == null ? 0 : 1);
    }

    @Actor
    public void free(III_Result r) {
      r.r1 = tried(this::release);
    }

    @Actor
    public void close(III_Result r) {
      r.r2 = tried(() -> {
        Failures thrown = new Failures();
        LeakReport leak = rig.cache.close(true, thrown);
        thrown.rethrow();
        return (int) leak.emergency();
      });
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.pages.inUse();
    }
  }

  /** A free wakes those in shortage, and puts the object into its slab then. */
  @JCStressTest
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "handed over")
  @Outcome(expect = FORBIDDEN, desc = "a wake-up lost")
  @State
  public static class FreeSignalsFirst {
    private final HeapRig rig = HeapRig.growingInCaller(1, 1);
    private final long first = rig.alloc();

    @Actor
    public void alloc(III_Result r) {
      r.r1 = rig.name(rig.alloc());
    }

    @Actor
    public void free(III_Result r) {
      rig.cache.signalMemory();
      r.r2 = rig.cache.locked(() -> {
        rig.cache.directFrees++;
        return rig.cache.lists.put(first) == null ? 1 : 0;
      });
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.sound();
    }
  }
}
