package dev.slablab.percpu;

import module java.base;
import dev.slablab.spec.Failures;
import org.jspecify.annotations.Nullable;

/** The magazines behind compare-and-set locks: for virtual threads, those without a slot, and the other placements. */
final class SharedMagazines {
  /** Magazines looked at before an operation falls through to the slab layer: the own one and one neighbour. */
  private static final int PROBES = 2;
  /** Tries of a drain at one busy magazine before it is skipped; a section is a few dozen instructions. */
  private static final int DRAIN_SPINS = 100;

  private final Magazine[] magazines;
  /** The magazines by index modulo a power of two; some stand here twice when their number is none. */
  private final Magazine[] byIndex;
  private final boolean byCpu;
  private final AtomicLong skips;

  SharedMagazines(int count, int capacity, boolean byCpu, AtomicLong skips) {
    this.magazines = new Magazine[count];
    Arrays.setAll(magazines, _ -> new Magazine(capacity));
    this.byIndex = new Magazine[count == 1 ? 1 : Integer.highestOneBit(count - 1) << 1];
    Arrays.setAll(byIndex, i -> magazines[i % count]);
    this.byCpu = byCpu;
    this.skips = skips;
  }

  /** This thread's magazine or its neighbour, locked; null when both are busy. Nobody waits here. */
  @Nullable Magazine lockAny() {
    int home = home();
    for (int i = 0; i < PROBES; i++) {
      Magazine magazine = byIndex[(home + i) & (byIndex.length - 1)];
      if (magazine.tryLock()) {
        return magazine;
      }
    }
    return null;
  }

  /** Empties every magazine; with {@link Drain#WAIT} all of them, for good: their capacity becomes 0. */
  void drain(long[] buffer, Magazines.Sink sink, Drain mode) {
    Failures wrong = new Failures();
    for (Magazine magazine : magazines) {
      for (boolean more = true; more; ) {
        if (!lock(magazine, mode)) {
          skips.incrementAndGet();
          break;
        }
        magazine.capacity = mode == Drain.WAIT ? 0 : magazine.capacity;
        int n = magazine.takeOldest(buffer, buffer.length);
        magazine.unlock();
        more = n > 0 && mode == Drain.WAIT;
        if (n > 0) {
          wrong.run(() -> sink.accept(buffer, n)); // a bad address; all the others must go on
        }
      }
    }
    wrong.rethrow();
  }

  /** This thread's magazine, not locked: to be looked at. */
  Magazine any() {
    return byIndex[home() & (byIndex.length - 1)];
  }

  /** Flushes some from magazines without a pop since so many calls; busy ones are not idle. */
  void age(long[] buffer, int looks, IntUnaryOperator amount, Magazines.Sink sink, Failures wrong) {
    for (Magazine magazine : magazines) {
      if (magazine.tryLock()) {
        int n = magazine.isIdle(looks) ? magazine.takeOldest(buffer, amount.applyAsInt(magazine.avail())) : 0;
        magazine.unlock();
        wrong.run(() -> sink.accept(buffer, n));
      }
    }
  }

  private static boolean lock(Magazine magazine, Drain mode) {
    if (mode == Drain.WAIT) {
      magazine.lock();
      return true;
    }
    for (int spins = mode == Drain.NO_WAIT ? 1 : DRAIN_SPINS; spins > 0; spins--) {
      if (magazine.tryLock()) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  void resize(int capacity) {
    for (Magazine magazine : magazines) {
      magazine.lock();
      magazine.resize(capacity);
      magazine.unlock();
    }
  }

  Stream<Magazine> all() {
    return Arrays.stream(magazines);
  }

  long sum(ToLongFunction<? super Magazine> number) {
    return all().mapToLong(number).sum();
  }

  int size() {
    return magazines.length;
  }

  /** An index by which threads that run at the same time differ, probably. */
  int home() {
    return byCpu ? CpuIndex.cpu() : CpuIndex.hash();
  }
}
