package dev.slablab.spl;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.slablab.slab.LeakReport;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemException;
import dev.slablab.spl.SplCache.Locked;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** The same for emergency objects, and for those who wait for memory. */
public final class EmergencyJcstress {
  private EmergencyJcstress() {}

  /**
   * Growth is called deadlocked: an allocation takes an emergency object while the growth comes to its end after all.
   */
  @JCStressTest
  @Outcome(id = "9, 1, 10", expect = ACCEPTABLE, desc = "an emergency object, the state is clear")
  @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "an object of the slab, the state is clear")
  @Outcome(expect = FORBIDDEN, desc = "still deadlocked, or an object lost")
  @State
  public static class EmergencyOrGrowth {
    private final HeapRig rig = HeapRig.growingByHand(2);
    private long object = rig.alloc(AllocMode.NOSLEEP);

    public EmergencyOrGrowth() {
      rig.free(object);
      try (Locked _ = rig.lock()) {
        rig.cache.growth.states.add(CacheState.DEADLOCKED);
      }
    }

    @Actor
    public void alloc(III_Result r) {
      object = rig.alloc();
      r.r1 = rig.name(object);
    }

    @Actor
    public void grow(III_Result r) {
      r.r2 = rig.runTasks();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = 10 * rig.cache.emergencies.tree.size() + rig.cache.growth.states.size();
      rig.finish(object);
    }
  }

  /** Two emergency objects at a time, beside a third. */
  @JCStressTest
  @Outcome(id = "9, 9, 3", expect = ACCEPTABLE, desc = "three objects")
  @Outcome(expect = FORBIDDEN, desc = "lost or duplicated")
  @State
  public static class EmergencyOrEmergency {
    private final HeapRig rig = HeapRig.growingByHand(2);
    private final long third = rig.alloc(AllocMode.NOSLEEP);
    private long one;
    private long two;

    @Actor
    public void first(III_Result r) {
      one = rig.alloc(AllocMode.NOSLEEP);
      r.r1 = rig.name(one);
    }

    @Actor
    public void second(III_Result r) {
      two = rig.alloc(AllocMode.NOSLEEP);
      r.r2 = rig.name(two);
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.cache.emergencies.tree.size();
      rig.finish(third, one, two);
    }
  }

  /** An emergency object comes back while the cache is reaped, then closed by somebody who insists. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "freed, then closed")
  @Outcome(id = "-1, 1, 0", expect = ACCEPTABLE, desc = "closed and told as a leak; the free is an error")
  @Outcome(expect = FORBIDDEN, desc = "lost, or returned twice")
  @State
  public static class EmergencyFreeOrClose {
    private final HeapRig rig = HeapRig.growingByHand(2);
    private final long object = rig.alloc(AllocMode.NOSLEEP);

    public EmergencyFreeOrClose() {
      rig.runTasks();
    }

    @Actor
    public void free(III_Result r) {
      try {
        rig.free(object);
        r.r1 = 1;
      } catch (KmemException.Usage closed) {
        r.r1 = -1;
      }
    }

    @Actor
    public void close(III_Result r) {
      long _ = rig.cache.reap();
      Failures thrown = new Failures();
      LeakReport leak = rig.cache.close(true, thrown);
      thrown.rethrow();
      r.r2 = (int) leak.emergency();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.pages.inUse() + 10 * rig.clock.lost();
    }
  }

  /** No page is to be had: who waits for memory is woken by a free, however close. */
  @JCStressTest
  @Outcome(id = "1, 1, 101", expect = ACCEPTABLE, desc = "handed over")
  @Outcome(expect = FORBIDDEN, desc = "lost")
  @State
  public static class ShortageOrFree {
    private final HeapRig rig = HeapRig.growingInCaller(1, 1);
    private final long first = rig.alloc();
    private long object;

    @Actor
    public void alloc(III_Result r) {
      object = rig.alloc();
      r.r1 = rig.name(object);
    }

    @Actor
    public void free(III_Result r) {
      rig.free(first);
      r.r2 = 1;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.shape();
      rig.finish(object);
    }
  }
}
