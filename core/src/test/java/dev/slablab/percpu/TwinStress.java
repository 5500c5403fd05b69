package dev.slablab.percpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A small model of one slot with two owners who take it from each other all the time, in two variants: the busy mark
 * and the owner in the slot, or in a lease made anew for every claim. The first loses tokens: an owner that is late
 * writes its "not busy" over its successor's "busy". Run as a program: {@code slot|lease seconds}.
 */
public final class TwinStress {
  private static final int TOKENS = 64;
  private static final VarHandle OWNER = field("owner");
  private static final VarHandle BUSY = field("busy");

  /** What an owner works through. In the variant with the word in the slot there is one of these, for ever. */
  private static final class Mark {
    int owner; // 0 = revoked
    int busy;

    Mark(int owner) {
      this.owner = owner;
    }
  }

  private final boolean leases;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile Mark mark = new Mark(1);
  private final int[] tokens = new int[TOKENS + 1];
  private int avail;
  private int handOvers;
  private volatile boolean stop;
  private final AtomicIntegerArray marks = new AtomicIntegerArray(TOKENS + 1);
  private final AtomicInteger twice = new AtomicInteger();
  /** How often a token is found at the end. */
  private final AtomicIntegerArray places = new AtomicIntegerArray(TOKENS + 1);

  private TwinStress(boolean leases) {
    this.leases = leases;
    for (int token = 1; token <= TOKENS; token++) {
      tokens[avail++] = token;
    }
  }

  private static VarHandle field(String name) {
    try {
      return MethodHandles.lookup().findVarHandle(Mark.class, name, int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static void delay() {
    if (Stress.DELAYS) {
      Stress.delay();
    }
  }

  private boolean enter(Mark mine, int me) {
    delay();
    BUSY.setOpaque(mine, 1);
    VarHandle.acquireFence();
    boolean inForce = (int) OWNER.getAcquire(mine) == me;
    delay();
    return inForce;
  }

  private int pop(Mark mine, int me) {
    int token = 0;
    if (enter(mine, me) && avail > 0) {
      token = tokens[avail - 1];
      delay();
      avail--;
    }
    BUSY.setRelease(mine, 0);
    return token;
  }

  private boolean push(Mark mine, int me, int token) {
    boolean done = false;
    if (enter(mine, me) && avail < TOKENS) {
      tokens[avail] = token;
      delay();
      avail++;
      done = true;
    }
    BUSY.setRelease(mine, 0);
    return done;
  }

  private void claim(int me) {
    if (!lock.tryLock()) {
      return;
    }
    try {
      Mark old = mark;
      int owner = (int) OWNER.getVolatile(old);
      OWNER.setVolatile(old, 0);
      Membarrier.issue();
      if ((int) BUSY.getAcquire(old) != 0) {
        OWNER.setVolatile(old, owner);
        return;
      }
      handOvers++;
      if (leases) {
        mark = new Mark(me);
      } else {
        OWNER.setVolatile(old, me);
      }
    } finally {
      lock.unlock();
    }
  }

  private void own(int me) {
    int token = 0;
    for (int i = 0; !stop; i++) {
      Mark mine = mark;
      if ((int) OWNER.getAcquire(mine) != me) {
        if ((i & 15) == 0) {
          claim(me);
        }
      } else if (token == 0) {
        token = pop(mine, me);
        if (token != 0 && marks.getAndSet(token, me) != 0) {
          twice.incrementAndGet();
        }
      } else {
        marks.set(token, 0);
        if (push(mine, me, token)) {
          token = 0;
        } else if (marks.getAndSet(token, me) != 0) {
          twice.incrementAndGet();
        }
      }
    }
    places.incrementAndGet(token);
  }

  /** The program. Ends early when enough is lost. */
  public static void main(String[] args) throws InterruptedException {
    TwinStress stress = new TwinStress(args[0].equals("lease"));
    Thread[] owners = {new Thread(() -> stress.own(1)), new Thread(() -> stress.own(2))};
    for (Thread owner : owners) {
      owner.start();
    }
    long end = System.nanoTime() + Long.parseLong(args[1]) * 1_000_000_000L;
    while (System.nanoTime() < end && stress.twice.get() < 100) {
      Thread.yield();
    }
    stress.stop = true;
    for (Thread owner : owners) {
      owner.join();
    }
    for (int i = 0; i < stress.avail; i++) {
      stress.places.incrementAndGet(stress.tokens[i]);
    }
    int lost = 0;
    int duplicated = 0;
    for (int token = 1; token <= TOKENS; token++) {
      int places = stress.places.get(token);
      lost += places == 0 ? 1 : 0;
      duplicated += Math.max(0, places - 1);
    }
    System.out.println("handOvers=" + stress.handOvers + " lost=" + lost + " duplicated=" + duplicated + " twice="
        + stress.twice.get());
    System.exit(stress.twice.get() + lost + duplicated == 0 ? 0 : 3);
  }
}
