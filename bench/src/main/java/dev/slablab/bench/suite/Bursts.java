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
    prove();
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
