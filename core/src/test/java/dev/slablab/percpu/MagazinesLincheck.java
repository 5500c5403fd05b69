package dev.slablab.percpu;

import dev.slablab.spec.MagazinePlacement;
import dev.slablab.testing.Lincheck;
import dev.slablab.testing.Lincheck.Bag;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * The layer under Lincheck, over tokens instead of addresses. Which token a pop gets is not determined, so operations
 * answer whether the token was free to be handed out; the specification always says yes, and a validation at the end
 * finds every token in one place. A program: {@link Lincheck#program}.
 */
public final class MagazinesLincheck {
  private static final int CAPACITY = 2;
  private static final int TOKENS = 4;

  private MagazinesLincheck() {}

  /** The specification. */
  public static final class AlwaysFree {
    public boolean pop() {
      return true;
    }

    public boolean push() {
      return true;
    }

    public boolean refill() {
      return true;
    }

    public boolean drain() {
      return true;
    }

    public boolean retune() {
      return true;
    }
  }

  /** The operations, over one placement. */
  public abstract static class OverMagazines {
    private final Magazines magazines;
    private final Bag bag = new Bag(); // tokens in no magazine
    private long clock;

    OverMagazines(MagazinePlacement placement) {
      magazines = new Magazines(1, CAPACITY, 1, 0, placement, () -> clock += 1_000_000_000L);
      for (long token = 1; token <= TOKENS; token++) {
        bag.add(token);
      }
    }

    private boolean toBag(long[] tokens, int n) {
      boolean free = true;
      for (int i = 0; i < n; i++) {
        free &= bag.add(tokens[i]);
      }
      return free;
    }

    @Operation
    public boolean pop() {
      long token = magazines.pop();
      return token == 0 || bag.add(token);
    }

    @Operation
    public boolean push() {
      long token = bag.take();
      return token == 0 || magazines.push(token) || bag.add(token);
    }

    @Operation
    public boolean refill() {
      long token = bag.take();
      return token == 0 || magazines.store(new long[] {token}, 1) == 1 || bag.add(token);
    }

    @Operation
    public boolean drain() {
      boolean[] free = {true};
      magazines.drain((tokens, n) -> free[0] &= toBag(tokens, n), Drain.NO_WAIT);
      return free[0];
    }

    @Operation(nonParallelGroup = "retune")
    public boolean retune() {
      boolean[] free = {true};
      magazines.retune(3 - magazines.capacity(), 1, (tokens, n) -> free[0] &= toBag(tokens, n));
      return free[0];
    }

    @Validate
    public void accounted() {
      long[] rest = magazines.contents();
      boolean free = toBag(rest, rest.length);
      if (!free || bag.size() != TOKENS) {
        throw new IllegalStateException("tokens = " + bag + ", must be each of 1 to " + TOKENS + " once");
      }
    }
  }

  /** Compare-and-set magazines. */
  public static final class Hashed extends OverMagazines {
    public Hashed() {
      super(MagazinePlacement.HASHED);
    }
  }

  /** Leases. Lincheck's memory is sequentially consistent, so that the barrier has nothing to do. */
  public static final class Biased extends OverMagazines {
    public Biased() {
      super(MagazinePlacement.BIASED);
    }
  }

  /** The broken twin: a magazine whose users forget the lock. */
  public static final class Unlocked {
    private final Magazine magazine = new Magazine(CAPACITY);
    private final Bag bag = new Bag();

    public Unlocked() {
      bag.add(1);
      bag.add(2);
    }

    @Operation
    public boolean pop() {
      long token = magazine.pop();
      return token == 0 || bag.add(token);
    }

    @Operation
    public boolean push() {
      long token = bag.take();
      return token == 0 || magazine.push(token) || bag.add(token);
    }
  }

  /** The other broken twin: a lease is taken over without a look at its busy mark. */
  public static final class BusyIgnored {
    private final Lease owned = Lease.vacant().next(Thread.currentThread());
    private Lease slot = owned;
    private final Bag bag = new Bag();

    public BusyIgnored() {
      owned.resize(CAPACITY);
      bag.add(1);
      bag.add(2);
    }

    @Operation(nonParallelGroup = "owner")
    public boolean pop() {
      long token = owned.popOwned();
      return token == 0 || bag.add(token);
    }

    @Operation(nonParallelGroup = "owner")
    public boolean push() {
      long token = bag.take();
      return token == 0 || owned.pushOwned(token) || bag.add(token);
    }

    @Operation(nonParallelGroup = "revoker")
    public boolean drain() {
      slot.revoke();
      slot = slot.next(Thread.currentThread());
      long token = slot.popOwned();
      return token == 0 || bag.add(token);
    }
  }

  private static Options<?, ?> model() {
    return new ModelCheckingOptions().threads(3).actorsPerThread(2).actorsBefore(2).actorsAfter(0)
        .sequentialSpecification(AlwaysFree.class);
  }

  private static Options<?, ?> stress() {
    return new StressOptions().threads(3).actorsPerThread(4).actorsBefore(2).actorsAfter(0)
        .sequentialSpecification(AlwaysFree.class);
  }

  /** The program. */
  public static void main(String[] args) throws ClassNotFoundException {
    Lincheck.program(MagazinesLincheck.class, args, _ -> model(), _ -> stress());
  }
}
