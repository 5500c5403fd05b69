package dev.slablab.percpu;

import static dev.slablab.percpu.LeaseJcstress.sum;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** The same for the magazines behind compare-and-set locks. */
public final class MagazineJcstress {
  private static final int CAPACITY = 4;

  private MagazineJcstress() {}

  /** The compare-and-set magazine. */
  @JCStressTest
  @Outcome(id = {"7, 1, 8", "8, 1, 7"}, expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = {"0, 1, 15", "7, 0, 0"}, expect = ACCEPTABLE, desc = "one found it busy")
  @Outcome(expect = FORBIDDEN, desc = "lost or duplicated")
  @State
  public static class MagazineLock {
    private final Magazine magazine = new Magazine(CAPACITY);

    public MagazineLock() {
      magazine.push(7);
    }

    @Actor
    public void pop(III_Result r) {
      if (magazine.tryLock()) {
        r.r1 = (int) magazine.pop();
        magazine.unlock();
      }
    }

    @Actor
    public void push(III_Result r) {
      if (magazine.tryLock()) {
        r.r2 = magazine.push(8) ? 1 : 0;
        magazine.unlock();
      }
    }

    @Arbiter
    public void rest(III_Result r) {
      long[] rest = new long[CAPACITY];
      r.r3 = sum(rest, magazine.takeOldest(rest, CAPACITY));
    }
  }

  /** Shared magazines are retuned under a push. */
  @JCStressTest
  @Outcome(id = {"1, 7, 0", "1, 0, 7", "0, 0, 0"}, expect = ACCEPTABLE, desc = "pushed before, after, or not")
  @Outcome(expect = FORBIDDEN, desc = "lost or duplicated")
  @State
  public static class RetuneOrPush {
    private final SharedMagazines shared = new SharedMagazines(1, CAPACITY, false, new AtomicLong());

    @Actor
    public void push(III_Result r) {
      Magazine magazine = shared.lockAny();
      if (magazine != null) {
        r.r1 = magazine.push(7) ? 1 : 0;
        magazine.unlock();
      }
    }

    @Actor
    public void retune(III_Result r) {
      shared.drain(new long[CAPACITY], (objects, n) -> r.r2 += sum(objects, n), Drain.WAIT);
      shared.resize(2 * CAPACITY);
    }

    @Arbiter
    public void rest(III_Result r) {
      shared.drain(new long[2 * CAPACITY], (objects, n) -> r.r3 += sum(objects, n), Drain.WAIT);
    }
  }
}
