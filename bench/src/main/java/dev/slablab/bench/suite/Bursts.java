package dev.slablab.bench.suite;

import dev.slablab.bench.subject.*;

/** Allocates a burst of objects, then frees them, again and again. One thread. */
final class Bursts {
  /** Pairs of an invocation, whatever the burst: so the score is the time of a pair. */
  static final int PAIRS = 4096;

  private final SubjectState owner;
  private final Subject subject;
  private final int burst;

  Bursts(SubjectState owner, int burst) {
    this.owner = owner;
    this.burst = burst;
    subject = owner.join();
    owner.takes(burst);
    synchronized (owner) { // alone: no other thread's refill is counted
      prove();
      SubjectState.tellRefills(refills());
    }
  }

  /** Refills of a pair, by one more run outside the time, after one in which magazines and slabs settle. */
  private double refills() {
    int _ = run();
    long refills = 0;
    for (int done = 0; done < PAIRS; done += burst) {
      for (int slot = 0; slot < burst; slot++) {
        long before = outsideSlabs();
        if (before < 0) {
          return -1;
        }
        subject.alloc(slot);
        refills += outsideSlabs() > before ? 1 : 0;
      }
      for (int slot = 0; slot < burst; slot++) {
        subject.free(slot);
      }
    }
    return (double) refills / PAIRS;
  }

  private long outsideSlabs() {
    return subject.outside().accounts().get().get(Subject.Outside.OUTSIDE_SLABS) instanceof Long objects ? objects : -1;
  }

  int run() {
    for (int done = 0; done < PAIRS; done += burst) {
      for (int slot = 0; slot < burst; slot++) {
        subject.alloc(slot);
      }
      for (int slot = 0; slot < burst; slot++) {
        subject.free(slot);
      }
    }
    return burst;
  }

  void close() {
    prove();
    owner.leave();
  }

  private void prove() {
    for (int slot = 0; slot < burst; slot++) {
      subject.alloc(slot);
    }
    Patterns.prove(subject, 0, burst, Thread.currentThread().threadId() << 32);
    for (int slot = 0; slot < burst; slot++) {
      subject.free(slot);
    }
  }
}
