package dev.slablab.percpu;

import dev.slablab.spec.MagazinePlacement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * The layer under Lincheck, over tokens instead of addresses. Which token a pop gets is not determined, so operations
 * answer whether the token was free to be handed out; the specification always says yes, and a validation at the end
 * finds every token in one place. Run as a program: {@code model|stress iterations invocations class...}; it prints for
 * each class whether Lincheck found an error.
 */
public final class MagazinesLincheck {
  private static final int CAPACITY = 2;
  private static final int TOKENS = 4;

  private MagazinesLincheck() {}

  /** Where tokens are that are in no magazine; a bag that every token enters and leaves once. */
  private static final class Bag {
    private final Deque<Long> tokens = new ArrayDeque<>();

    synchronized boolean add(long token) {
      boolean free = !tokens.contains(token);
      tokens.add(token);
      return free;
    }

    synchronized long take() {
      return tokens.isEmpty() ? 0 : tokens.removeLast();
    }

    synchronized int size() {
      return tokens.size();
    }
  }

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
    private final Bag bag = new Bag();
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
        throw new IllegalStateException("tokens = " + bag.tokens + ", must be each of 1 to " + TOKENS + " once");
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

  private static void check(boolean model, Class<?> test, int iterations, int invocations) {
    if (model) {
      new ModelCheckingOptions().iterations(iterations).invocationsPerIteration(invocations).threads(3)
          .actorsPerThread(2).actorsBefore(2).actorsAfter(0).sequentialSpecification(AlwaysFree.class).check(test);
    } else {
      new StressOptions().iterations(iterations).invocationsPerIteration(invocations).threads(3).actorsPerThread(4)
          .actorsBefore(2).actorsAfter(0).sequentialSpecification(AlwaysFree.class).check(test);
    }
  }

  /** The program. */
  public static void main(String[] args) throws ClassNotFoundException {
    for (String name : List.of(args).subList(3, args.length)) {
      Class<?> test = Class.forName(MagazinesLincheck.class.getName() + "$" + name);
      try {
        check(args[0].equals("model"), test, Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        System.out.println(name + ": nothing found");
      } catch (LincheckAssertionError e) {
        System.out.println(e.getMessage());
        System.out.println(name + ": error found");
      }
    }
    System.exit(0); // whatever threads Lincheck still has
  }
}
