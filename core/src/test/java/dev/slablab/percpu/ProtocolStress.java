package dev.slablab.percpu;

import dev.slablab.spec.MagazinePlacement;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tokens go round between owners, a drainer and a depot, through real {@link Magazines}. A token that two hold at once
 * or that is nowhere at the end of a round was duplicated or lost. Run as a program: {@code owners seconds}, and {@code
 * drain} to disturb with drains alone and stop at the first loss. It prints {@code name=number} and exits with 3 when a
 * token was lost or duplicated.
 *
 * <p>A round's threads die at its end, holding their slots, and the next round's adopt these. The clock runs so fast
 * that every look at it is a new tick: whoever did nothing between two looks loses the slot.
 */
public final class ProtocolStress {
  private static final int TOKENS = 256;
  private static final int MOST_HELD = 12;
  private static final long ROUND_NANOS = 60_000_000;
  /** Stores that miss the caches stand before the busy mark in the store buffer and make it late. */
  private static final int SCRATCH = 1 << 22;

  private final AtomicLong clock = new AtomicLong();
  private final Homes homes = new Homes(1);
  private final Magazines magazines =
      new Magazines(1, 8, 4, 0, MagazinePlacement.BIASED, () -> clock.addAndGet(200_000_000L), homes, 0);
  private final Lease[] slots = slots(magazines);
  private final TokenDepot depot = new TokenDepot();
  /** Who holds a token: 0 = nobody. Opaque, so that the marks make no fences that would hide one left out. */
  private final AtomicIntegerArray marks = new AtomicIntegerArray(TOKENS + 1);
  private final AtomicInteger twice = new AtomicInteger();
  private final long[] scratch = new long[SCRATCH];
  private final int owners;
  private final boolean drainsOnly;
  private volatile boolean stop;
  private volatile long operations;

  private long lost;
  private long duplicated;
  private long drains;
  private long steals; // from live owners
  private long adoptions;
  private long renewals;
  private long doubles; // slots held by a thread that had one already
  private final Lease[] last = new Lease[slots.length];

  private ProtocolStress(int owners, boolean drainsOnly) {
    this.owners = owners;
    this.drainsOnly = drainsOnly;
  }

  private static Lease[] slots(Magazines magazines) {
    try {
      var home = Magazines.class.getDeclaredField("home");
      home.setAccessible(true);
      return (Lease[]) home.get(magazines);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** One owner of a round: takes and gives back at random, refills and flushes as a cache would. */
  private final class Owner {
    private final int id;
    private final Random random;
    private final long[] held = new long[MOST_HELD];
    private final long[] buffer = new long[64];
    private int count;

    Owner(int id, long seed) {
      this.id = id;
      this.random = new Random(seed);
    }

    void run() {
      long done = 0;
      int state = random.nextInt() | 1;
      while (!stop) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        if ((state & 7) == 0) {
          scratch[state >>> 10] = state; // the index has 22 bits
        }
        if (count == 0 || (count < MOST_HELD && (state & 256) == 0)) {
          alloc((state & 512) == 0);
        } else {
          free((state & 512) == 0);
        }
        if ((++done & 0x1fff) == 0) {
          Thread.yield();
        }
      }
      while (count > 0) {
        long token = held[--count];
        release(token);
        depot.put(new long[] {token}, 1);
      }
      synchronized (ProtocolStress.this) {
        operations += done;
      }
    }

    /** By the short cut or not. */
    private void alloc(boolean quickly) {
      long token = quickly ? homes.pop(0) : 0;
      token = token != 0 ? token : magazines.pop();
      if (token == 0) {
        int n = depot.take(buffer, 4);
        int stored = magazines.store(buffer, n);
        System.arraycopy(buffer, stored, buffer, 0, n - stored);
        depot.put(buffer, n - stored);
        return;
      }
      if (marks.getOpaque((int) token) != 0) {
        twice.incrementAndGet();
      }
      marks.setOpaque((int) token, id);
      held[count++] = token;
    }

    private void free(boolean quickly) {
      long token = held[--count];
      release(token);
      if (!(quickly && homes.push(0, token)) && !magazines.push(token)) {
        int n = magazines.takeOldest(buffer);
        buffer[n] = token;
        depot.put(buffer, n + 1);
      }
    }

    private void release(long token) {
      if (marks.getOpaque((int) token) != id) {
        twice.incrementAndGet();
      }
      marks.setOpaque((int) token, 0);
    }
  }

  /** Drains, ages and retunes, each of which hands slots over, and watches them change hands. */
  private void disturb(Random random) {
    Magazines.Sink sink = (objects, n) -> {
      depot.put(objects, n);
      drains += n > 0 ? 1 : 0;
    };
    switch (drainsOnly ? 63 : random.nextInt(64)) {
      case 0 -> {
        magazines.retune(2 + random.nextInt(12), 1 + random.nextInt(2), sink);
        System.arraycopy(slots, 0, last, 0, slots.length); // what was vacant between is no steal
      }
      case 1, 2, 3 -> magazines.age(sink, 1);
      case 4, 5, 6, 7 -> magazines.drain(sink, Drain.NO_WAIT);
      default -> magazines.drain(sink, Drain.SKIP_BUSY);
    }
    watch();
    for (int spins = random.nextInt(100); spins > 0; spins--) {
      Thread.onSpinWait();
    }
    watch();
  }

  /** Counts the hand-overs that it happens to see: fewer than there are. */
  private void watch() {
    for (int i = 0; i < slots.length; i++) {
      Lease before = last[i];
      Lease now = slots[i];
      if (before != now) {
        last[i] = now;
        if (before != null && before.tid == now.tid) {
          renewals++;
        } else if (before != null && before.tid != Stack.NOBODY && now.tid != Stack.NOBODY) {
          steals += before.living() != null ? 1 : 0;
          adoptions += before.living() != null ? 0 : 1;
        }
      }
    }
  }

  private void round(Random random) throws InterruptedException {
    stop = false;
    CountDownLatch started = new CountDownLatch(owners);
    Thread[] threads = new Thread[owners];
    for (int i = 0; i < owners; i++) {
      Owner owner = new Owner(i + 1, random.nextLong());
      threads[i] = Thread.ofPlatform().start(() -> {
        started.countDown();
        owner.run();
      });
    }
    started.await();
    for (long end = System.nanoTime() + ROUND_NANOS; System.nanoTime() < end; ) {
      disturb(random);
    }
    stop = true;
    for (Thread thread : threads) {
      thread.join();
    }
    watch();
    long[] holders = Arrays.stream(slots).filter(l -> !l.isRevoked()).mapToLong(l -> l.tid).filter(t -> t != 0)
        .toArray();
    doubles += holders.length - Arrays.stream(holders).distinct().count();
    if (random.nextInt(3) == 0) {
      account();
    }
  }

  /** With nobody at work: every token stands in one place, once. What is wrong is counted and put right. */
  private void account() {
    long[] all = magazines.contents();
    if (all.length != magazines.held()) {
      throw new AssertionError("held = " + magazines.held() + ", but there are " + all.length);
    }
    magazines.drain((objects, n) -> { }, Drain.SKIP_BUSY);
    int[] places = new int[TOKENS + 1];
    Arrays.stream(all).forEach(token -> places[(int) token]++);
    for (long[] one = new long[1]; depot.take(one, 1) > 0; ) {
      places[(int) one[0]]++;
    }
        for (int token = 1; token <= TOKENS; token++) {
      lost += places[token] == 0 ? 1 : 0;
      duplicated += Math.max(0, places[token] - 1);
      depot.put(new long[] {token}, 1);
      marks.set(token, 0);
    }
    lost += places[0];
  }

  private boolean enough(long start, long seconds) {
    long now = System.nanoTime() - start;
    boolean everything = drainsOnly || (drains > 0 && adoptions > 0 && (steals > 0 || owners <= slots.length));
    return now > seconds * 1_000_000_000L * (everything ? 1 : 8) || (drainsOnly && twice.get() + lost + duplicated > 0);
  }

  /** The program: number of owners, seconds (more, until everything has happened), perhaps {@code drain}. */
  public static void main(String[] args) throws InterruptedException {
    ProtocolStress stress = new ProtocolStress(Integer.parseInt(args[0]), args.length > 2);
    Random random = new Random(7);
    stress.account();
    stress.lost = 0;
    int rounds = 0;
    for (long start = System.nanoTime(); !stress.enough(start, Long.parseLong(args[1])); rounds++) {
      stress.round(random);
    }
    stress.account();
    System.out.printf("rounds=%d operations=%d drains=%d steals=%d adoptions=%d renewals=%d skips=%d doubles=%d "
        + "lost=%d duplicated=%d twice=%d%n", rounds, stress.operations, stress.drains, stress.steals, stress.adoptions,
        stress.renewals, stress.magazines.skips(), stress.doubles, stress.lost, stress.duplicated, stress.twice.get());
    System.exit(stress.lost + stress.duplicated + stress.twice.get() == 0 ? 0 : 3);
  }
}
