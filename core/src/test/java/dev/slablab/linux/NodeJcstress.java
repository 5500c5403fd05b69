package dev.slablab.linux;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A node's lists in every small race. {@code ?, ?, ?} is what the two actors got and what the arbiter found: mostly
 * free slabs, objects in use, partial and full slabs as digits. Every arbiter verifies the cache, frees what is out and
 * closes.
 */
public final class NodeJcstress {
  private NodeJcstress() {}

  /** One fills a slab while the other makes room in it. */
  @JCStressTest
  @Outcome(id = {"1, 1, 110", "2, 1, 110"}, expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(expect = FORBIDDEN, desc = "lost, duplicated, or on the wrong list")
  @State
  public static class NodeAllocOrFree {
    private final NodeRig rig = new NodeRig(4, 0);
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

  /** The shared array's only object is wanted while a reap empties the array, and returns the slab if nobody got it. */
  @JCStressTest
  @Outcome(id = "1, 0, 110", expect = ACCEPTABLE, desc = "of the array, or of the slab again")
  @Outcome(id = "2, 0, 110", expect = ACCEPTABLE, desc = "its neighbour, while it was on its way")
  @Outcome(id = {"1, 1, 110", "11, 1, 110"}, expect = ACCEPTABLE, desc = "of a new slab")
  @Outcome(expect = FORBIDDEN, desc = "lost, duplicated, or reaped in use")
  @State
  public static class SharedAllocOrReap {
    private final NodeRig rig = new NodeRig(4, 1);
    private long object = rig.alloc();

    public SharedAllocOrReap() {
      try (Guard _ = rig.one().guard.take()) {
        rig.one().shared.push(new long[] {object}, 0, 1);
      }
      rig.cache.exchange.directFrees.increment();
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

  /** The last object of a slab comes back while the cache is reaped. */
  @JCStressTest
  @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "freed, then reaped")
  @Outcome(id = "1, 0, 1000", expect = ACCEPTABLE, desc = "reaped, then freed")
  @Outcome(expect = FORBIDDEN, desc = "a slab lost, or reaped in use")
  @State
  public static class NodeFreeOrReap {
    private final NodeRig rig = new NodeRig(4, 0);
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

  /** A slab comes free beyond the limit, so that whoever empties it returns it. */
  @JCStressTest
  @Outcome(id = "1, 1, 2000", expect = ACCEPTABLE, desc = "two free slabs stay, the third went")
  @Outcome(expect = FORBIDDEN, desc = "a slab too many or too few")
  @State
  public static class FreeBeyondLimit {
    private final NodeRig rig = new NodeRig(4, 0);
    private final long[] objects = new long[6];

    public FreeBeyondLimit() {
      for (int i = 0; i < objects.length; i++) {
        objects[i] = rig.alloc();
      }
      for (int i = 2; i < objects.length; i++) {
        rig.free(objects[i]);
      }
    }

    @Actor
    public void first(III_Result r) {
      rig.free(objects[0]);
      r.r1 = 1;
    }

    @Actor
    public void second(III_Result r) {
      rig.free(objects[1]);
      r.r2 = 1;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.shape();
      rig.finish();
    }
  }

  /** No page is to be had: who waits for memory is woken by a free, however close. */
  @JCStressTest
  @Outcome(id = "1, 1, 201", expect = ACCEPTABLE, desc = "handed over")
  @Outcome(expect = FORBIDDEN, desc = "lost")
  @State
  public static class NodeShortageOrFree {
    private final NodeRig rig = new NodeRig(1, 0);
    private final long first = rig.alloc();
    private final long other = rig.alloc();
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
      rig.finish(other, object);
    }
  }
}
