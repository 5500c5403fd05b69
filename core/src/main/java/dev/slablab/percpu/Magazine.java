package dev.slablab.percpu;

/** A magazine whose busy bit is a compare-and-set lock. All but the lock and the readers need the lock. */
final class Magazine extends Stack {
  /** The pad behind the fields. */
  long q00, q01, q02, q03, q04, q05, q06, q07, q08, q09, q10, q11, q12, q13, q14, q15;

  Magazine(int capacity) {
    super(NOBODY);
    resize(capacity);
  }

  boolean tryLock() {
    long seen = (long) WORD.getOpaque(this);
    return (seen & BUSY) == 0 && WORD.compareAndSet(this, seen, seen | BUSY);
  }

  /** Waits for a section, which cannot block; yields, since its thread may have been descheduled. */
  void lock() {
    while (!tryLock()) {
      Thread.yield();
    }
  }

  void unlock() {
    WORD.setRelease(this, word & ~BUSY);
  }

  long pop() {
    int n = avail(word);
    if (n == 0) {
      return 0;
    }
    word += POP;
    return objects[ELEMENTS - 1 + n];
  }

  boolean push(long object) {
    int n = avail(word);
    if (n >= capacity) {
      return false;
    }
    objects[ELEMENTS + n] = object;
    word++;
    return true;
  }
}
