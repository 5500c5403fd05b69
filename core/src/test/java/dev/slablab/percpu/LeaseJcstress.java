package dev.slablab.percpu;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** The layer's own classes in every small race; {@code ?, ?, ?} is what the two actors and the arbiter got. */
public final class LeaseJcstress {
  private static final int CAPACITY = 4;
  /** Owners that live as long as the JVM: somebody else may be their hands here. */
  private static final Thread[] OWNERS = owners();

  private LeaseJcstress() {}

  /** The first two have the same home slot; the others are as many as there are slots. */
  private static Thread[] owners() {
    Thread[] threads = new Thread[SlotTable.PROBES + 1];
    for (int i = 0; i < threads.length; i++) {
      threads[i] = Thread.ofPlatform().daemon().start(() -> {
        while (true) {
          LockSupport.park();
        }
      });
    }
    Arrays.sort(threads, (a, b) -> Long.compare(a.threadId(), b.threadId()));
    Thread last = threads[SlotTable.PROBES]; // consecutive ids: the last has the home of the first
    System.arraycopy(threads, 1, threads, 2, SlotTable.PROBES - 1);
    threads[1] = last;
    return threads;
  }

  private static SlotTable table() {
    long[] clock = {0};
    return new SlotTable(1, CAPACITY, () -> clock[0] += 1_000_000_000L, new AtomicLong(), null, -1);
  }

  static int sum(long[] objects, int n) {
    return (int) Arrays.stream(objects, 0, n).sum();
  }

  private static int drain(SlotTable table, Drain mode) {
    int[] sum = {0};
    table.drain(new long[CAPACITY], (objects, n) -> sum[0] += sum(objects, n), mode);
    return sum[0];
  }

  /** An owner pops while somebody takes its lease over; the steps of {@link SlotTable}, but on one lease. */
  @JCStressTest
  @Outcome(id = {"7, 0, 0", "0, 7, 0"}, expect = ACCEPTABLE, desc = "one of them has it")
  @Outcome(id = {"7, -1, 0", "0, -1, 7"}, expect = ACCEPTABLE, desc = "busy: the revocation was taken back")
  @Outcome(expect = FORBIDDEN, desc = "lost or duplicated")
  @State
  public static class PopOrTakeOver {
    private final Lease lease = Lease.vacant().next(OWNERS[0]);
    private Lease slot = lease;

    public PopOrTakeOver() {
      lease.resize(CAPACITY);
      lease.pushOwned(7);
    }

    @Actor
    public void owner(III_Result r) {
      r.r1 = (int) lease.popOwned();
    }

    @Actor
    public void claimant(III_Result r) {
      lease.revoke();
      Membarrier.issue();
      if (lease.isBusy()) {
        lease.restore();
        r.r2 = -1;
      } else {
        slot = lease.next(OWNERS[1]);
        r.r2 = (int) slot.popOwned();
      }
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = (int) slot.popOwned();
    }
  }

  /** An owner pushes while the table is drained. */
  @JCStressTest
  @Outcome(id = {"1, 7, 0", "1, 0, 7", "0, 0, 0"}, expect = ACCEPTABLE, desc = "drained now or later, or not pushed")
  @Outcome(expect = FORBIDDEN, desc = "lost or duplicated")
  @State
  public static class PushOrDrain {
    private final SlotTable table = table();

    public PushOrDrain() {
      table.findOrClaim(OWNERS[0]);
    }

    @Actor
    public void owner(III_Result r) {
      Lease lease = table.find(OWNERS[0]);
      r.r1 = lease != null && lease.pushOwned(7) ? 1 : 0;
    }

    @Actor
    public void drain(III_Result r) {
      r.r2 = LeaseJcstress.drain(table, Drain.SKIP_BUSY);
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = LeaseJcstress.drain(table, Drain.WAIT);
    }
  }

  /** The slot's owner pops, and another thread steals the slot and pops. */
  @JCStressTest
  @Outcome(id = {"7, 0, 0", "0, 7, 0", "0, 0, 7"}, expect = ACCEPTABLE, desc = "one of them has it, or nobody yet")
  @Outcome(expect = FORBIDDEN, desc = "lost or duplicated")
  @State
  public static class TwoOwners {
    private final SlotTable table = table();

    public TwoOwners() {
      table.findOrClaim(OWNERS[0]).pushOwned(7);
      work();
      table.findOrClaim(OWNERS[1]); // no slot is vacant or idle; from this tick on the first owner is
      work();
    }

    private void work() {
      for (int i = 2; i < OWNERS.length; i++) {
        Lease lease = table.findOrClaim(OWNERS[i]);
        lease.pushOwned(1);
        lease.popOwned();
      }
    }

    private int pop(Thread thread) {
      Lease lease = table.findOrClaim(thread);
      return lease == null ? 0 : (int) lease.popOwned();
    }

    @Actor
    public void first(III_Result r) {
      r.r1 = pop(OWNERS[0]);
    }

    @Actor
    public void second(III_Result r) {
      r.r2 = pop(OWNERS[1]);
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = drain(table, Drain.WAIT);
    }
  }

  /** An owner pushes and pops and pushes while the table is closed: nothing is in it afterwards, nobody owns a slot. */
  @JCStressTest
  @Outcome(id = {"0, 0, 0", "1, 1, 0", "8, 8, 0"}, expect = ACCEPTABLE, desc = "what was pushed was drained")
  @Outcome(expect = FORBIDDEN, desc = "lost, duplicated, or left behind")
  @State
  public static class CloseOrPush {
    private final SlotTable table = table();
    private final Lease lease = table.findOrClaim(OWNERS[0]);

    @Actor
    public void owner(III_Result r) {
      int sum = lease.pushOwned(1) ? 1 : 0;
      sum -= (int) lease.popOwned();
      r.r1 = sum + (lease.pushOwned(8) ? 8 : 0);
    }

    @Actor
    public void close(III_Result r) {
      table.reset(CAPACITY, true);
      r.r2 = drain(table, Drain.WAIT);
    }

    @Arbiter
    public void rest(III_Result r) {
      Lease late = table.findOrClaim(OWNERS[0]);
      r.r3 = (int) table.sum(Lease::avail) + 100
          * (int) table.sum(left -> left.living() == null || left.isRevoked() ? 0 : 1)
          + (late == null ? 0 : 1000);
    }
  }
}
