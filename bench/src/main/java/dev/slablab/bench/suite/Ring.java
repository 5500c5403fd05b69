package dev.slablab.bench.suite;

import dev.slablab.bench.subject.*;

/** A ring of live objects: frees the oldest, allocates its successor. One thread. */
final class Ring {
  /** Live objects; a power of two. */
  static final int SLOTS = 64;

  private final SubjectState owner;
  private final Subject subject;
  private int next;

  Ring(SubjectState owner) {
    this.owner = owner;
    subject = owner.join();
    for (int slot = 0; slot < SLOTS; slot++) {
      subject.alloc(slot);
    }
    owner.holds(SLOTS);
    prove();
  }

  int turn() {
    int slot = next;
    next = slot + 1 & SLOTS - 1;
    subject.free(slot);
    subject.alloc(slot);
    return slot;
  }

  void close() {
    prove();
    for (int slot = 0; slot < SLOTS; slot++) {
      subject.free(slot);
    }
    owner.holds(-SLOTS);
    owner.leave();
  }

  private void prove() {
    Patterns.prove(subject, 0, SLOTS, Thread.currentThread().threadId() << 32);
  }
}
