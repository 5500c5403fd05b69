package dev.slablab.linux;

import java.util.Arrays;

/**
 * Pages of a cache's slabs that went, for those that come: what the kernel's page allocator is to its slabs. Given back
 * to the operating system and taken again, a page costs a fault and its zeroing. Thread-safe; nobody waits in here.
 */
final class KeptPages {
  private long[] bases = new long[8];
  private int count;
  /** The fewest that were here since the last look, and when that was. */
  private int least;
  private long looked;

  KeptPages(long now) {
    looked = now;
  }

  /** Gives the pages of the slab that went last; 0 when there are none. */
  synchronized long take() {
    if (count == 0) {
      return 0;
    }
    long base = bases[--count];
    least = Math.min(least, count);
    return base;
  }

  synchronized void keep(long base) {
    bases = count == bases.length ? Arrays.copyOf(bases, 2 * count) : bases;
    bases[count++] = base;
  }

  /**
   * Bounded by need alone: a burst's stay for a decay, whatever they weigh. Gives up those not needed since the last
   * look, one decay ago (nanoseconds); all of them when that is 0.
   */
  synchronized long[] unneeded(long now, long decay) {
    if (decay != 0 && now - looked < decay) {
      return new long[0];
    }
    looked = now;
    int n = decay == 0 ? count : least;
    long[] gone = Arrays.copyOf(bases, n); // the oldest
    System.arraycopy(bases, n, bases, 0, count - n);
    count -= n;
    least = count;
    return gone;
  }
}
