package dev.slablab.spl;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.slablab.spec.AllocMode;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Slab lists and growth in every small race. {@code ?, ?, ?} is what the two actors got and what the arbiter found:
 * mostly objects out, partial and complete slabs as digits. Every arbiter verifies the cache, frees what is out and
 * closes: what is lost, leaked or woken by nobody is an error.
 */
public final class SplJcstress {
  private SplJcstress() {}

  /** One fills a slab while the other makes room in it: complete or empty on the way. */
  @JCStressTest
  @Outcome(id = {"1, 1, 110", "2, 1, 110"}, expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(expect = FORBIDDEN, desc = "lost, duplicated, or on the wrong list")
  @State
  public static class AllocOrFree {
    private final HeapRig rig = HeapRig.growingInCaller(2, 4);
    private final long first = rig.alloc();
    private long second;

    @Actor
    public void alloc(III_Result r) {
      second = rig.alloc();
      r.r1 = rig.name(second);
    }

    @Actor
    public void free(III_Result r) {
      rig.free(first);
      r.r2 = 1;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.shape();
      rig.finish(second);
    }
  }

  /** Both of a complete slab's objects come back: partial, then empty. */
  @JCStressTest
  @Outcome(id = "1, 1, 10", expect = ACCEPTABLE, desc = "an empty slab on the partial list")
  @Outcome(expect = FORBIDDEN, desc = "lost, or on the wrong list")
  @State
  public static class FreeOrFree {
    private final HeapRig rig = HeapRig.growingInCaller(2, 4);
    private final long first = rig.alloc();
    private final long second = rig.alloc();

    @Actor
    public void first(III_Result r) {
      rig.free(first);
      r.r1 = 1;
    }

    @Actor
    public void second(III_Result r) {
      rig.free(second);
      r.r2 = 1;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.shape();
      rig.finish();
    }
  }

  /** The last object of a slab comes back while the cache is reaped. */
  @JCStressTest
  @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "freed, then reaped")
  @Outcome(id = "1, 0, 10", expect = ACCEPTABLE, desc = "reaped, then freed")
  @Outcome(expect = FORBIDDEN, desc = "a slab lost, or reaped in use")
  @State
  public static class FreeOrReap {
    private final HeapRig rig = HeapRig.growingInCaller(2, 4);
    private final long first = rig.alloc();

    @Actor
    public void free(III_Result r) {
      rig.free(first);
      r.r1 = 1;
    }

    @Actor
    public void reap(III_Result r) {
      r.r2 = (int) rig.cache.reap() / rig.pages.pageSize();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.shape();
      rig.finish();
    }
  }

  /** An empty slab is wanted and reaped; who loses it waits for the reap and builds another. */
  @JCStressTest
  @Outcome(id = {"1, 0, 110", "1, 1, 110"}, expect = ACCEPTABLE, desc = "of the old slab, or of a new one")
  @Outcome(expect = FORBIDDEN, desc = "a slab lost, or reaped in use")
  @State
  public static class AllocOrReap {
    private final HeapRig rig = HeapRig.growingInCaller(2, 4);
    private long object = rig.alloc();

    public AllocOrReap() {
      rig.free(object);
    }

    @Actor
    public void alloc(III_Result r) {
      object = rig.alloc();
      r.r1 = rig.name(object);
    }

    @Actor
    public void reap(III_Result r) {
      r.r2 = (int) rig.cache.reap() / rig.pages.pageSize();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.shape();
      rig.finish(object);
    }
  }

  /** Two allocations find no slab. */
  private abstract static class Growing {
    private final HeapRig rig;
    private final AllocMode mode;
    private long one;
    private long two;

    Growing(HeapRig rig, AllocMode mode, int failures) {
      this.rig = rig;
      this.mode = mode;
      rig.pages.refuse(failures);
    }

    final int allocFirst() {
      one = rig.alloc(mode);
      return rig.name(one);
    }

    final int allocSecond() {
      two = rig.alloc(mode);
      return rig.name(two);
    }

    final int finish() {
      int shape = rig.shape() + 1000 * rig.pages.given();
      rig.finish(one, two);
      return shape;
    }
  }

  /** The winner of GROWING builds the slab itself, the other waits. */
  @JCStressTest
  @Outcome(id = {"1, 2, 1201", "2, 1, 1201"}, expect = ACCEPTABLE, desc = "one slab, each has one object of it")
  @Outcome(expect = FORBIDDEN, desc = "lost, duplicated, or a slab too many")
  @State
  public static class GrowInCaller extends Growing {
    public GrowInCaller() {
      super(HeapRig.growingInCaller(2, 4), AllocMode.SLEEP, 0);
    }

    @Actor
    public void first(III_Result r) {
      r.r1 = allocFirst();
    }

    @Actor
    public void second(III_Result r) {
      r.r2 = allocSecond();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = finish();
    }
  }

  /** A task thread builds the slab, both wait for it, or find it. */
  @JCStressTest
  @Outcome(id = {"1, 2, 1201", "2, 1, 1201"}, expect = ACCEPTABLE, desc = "one slab, each has one object of it")
  @Outcome(expect = FORBIDDEN, desc = "lost, duplicated, or a slab too many")
  @State
  public static class GrowByThread extends Growing {
    public GrowByThread() {
      super(HeapRig.growingByThread(2), AllocMode.SLEEP, 0);
    }

    @Actor
    public void first(III_Result r) {
      r.r1 = allocFirst();
    }

    @Actor
    public void second(III_Result r) {
      r.r2 = allocSecond();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = finish();
    }
  }

  /** The first growth fails: both are told, both ask again, and one slab is built. */
  @JCStressTest
  @Outcome(id = {"1, 2, 1201", "2, 1, 1201"}, expect = ACCEPTABLE, desc = "one slab, each has one object of it")
  @Outcome(expect = FORBIDDEN, desc = "lost, duplicated, or a slab too many")
  @State
  public static class GrowthFails extends Growing {
    public GrowthFails() {
      super(HeapRig.growingByThread(2), AllocMode.NORETRY, 1);
    }

    @Actor
    public void first(III_Result r) {
      r.r1 = allocFirst();
    }

    @Actor
    public void second(III_Result r) {
      r.r2 = allocSecond();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = finish();
    }
  }

  /** One waits for the slab that the other builds. */
  @JCStressTest
  @Outcome(id = "1, 1, 110", expect = ACCEPTABLE, desc = "woken, or never waited")
  @Outcome(expect = FORBIDDEN, desc = "lost")
  @State
  public static class WaitOrGrow {
    private final HeapRig rig = HeapRig.growingByHand(2);
    private long object;

    @Actor
    public void alloc(III_Result r) {
      object = rig.alloc();
      r.r1 = rig.name(object);
    }

    @Actor
    public void grow(III_Result r) {
      r.r2 = rig.awaitTasks();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.shape();
      rig.finish(object);
    }
  }
}
