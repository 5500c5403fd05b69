package dev.slablab.linux;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.slablab.testing.PatientClock;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Broken twins of {@link NodeJcstress}: in each the forbidden must happen. */
public final class NodeTwins {
  private NodeTwins() {}

  /** A free that forgets the node's lock. */
  @JCStressTest
  @Outcome(id = {"1, 1, 1", "2, 1, 1"}, expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(expect = FORBIDDEN, desc = "the lists are broken")
  @State
  public static class PutOutsideLock {
    private final NodeRig rig = new NodeRig(4, 0);
    private final long first = rig.alloc();

    @Actor
    public void alloc(III_Result r) {
      try {
        r.r1 = rig.name(rig.alloc());
      } catch (RuntimeException e) {
        r.r1 = -9;
      }
    }

    @Actor
    public void free(III_Result r) {
      rig.cache.exchange.directFrees.increment();
      try {
        r.r2 = rig.one().put(rig.slab(first), first, true) == null ? 1 : 0;
      } catch (RuntimeException e) {
        r.r2 = -9;
      }
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = rig.sound();
    }
  }

  /** Progress is told to those in shortage, and made then. */
  @JCStressTest
  @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "woken, or never waited")
  @Outcome(expect = FORBIDDEN, desc = "a wake-up lost")
  @State
  public static class GateSignalsFirst {
    private final PatientClock clock = new PatientClock();
    private final Gate gate = new Gate("rig", clock);
    private final AtomicInteger progress = new AtomicInteger();

    @Actor
    public void await(III_Result r) {
      gate.awaitMemory(1, 0, progress::get);
      r.r1 = progress.get();
    }

    @Actor
    public void progress(III_Result r) {
      gate.signalMemory();
      r.r2 = progress.incrementAndGet();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = clock.lost();
    }
  }
}
