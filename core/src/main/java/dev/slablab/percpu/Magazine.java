package dev.slablab.percpu;

/** A magazine behind a compare-and-set lock. All but the lock and the readers need the lock. */
final class Magazine extends Stack {
  /** The pad behind the fields. */
  long q00, q01, q02, q03, q04, q05, q06, q07, q08, q09, q10, q11, q12, q13, q14, q15;

  Magazine(int capacity) {
    super(NOBODY);
    resize(capacity);
  }

  boolean tryLock() {
    return (int) FLAG.getOpaque(this) == 0 && FLAG.compareAndSet(this, 0, 1);
  }

  /** Waits for a section, which cannot block; yields, since its thread may have been descheduled. */
  void lock() {
    while (!tryLock()) {
      Thread.yield();
    }
  }

  void unlock() {
    FLAG.setRelease(this, 0);
  }

  /** Takes the newest object; 0 when empty. */
  long pop() {
    int n = avail(word);
    if (n == 0) {
      return 0;
    }
    word += POP;
    return objects[ELEMENTS - 1 + n];
  }

  /** Adds an object; false when full. */
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
