package dev.slablab.linux;

import java.util.Arrays;

/**
 * An array of free objects above the slabs ({@code struct array_cache}): shared by a node's CPUs, and guarded by the
 * node's lock; or for another node's objects, guarded by its own.
 */
final class ArrayCache {
  /** For alien arrays. Nothing is taken inside it. */
  final Guard guard = new Guard();
  private final long[] entries;
  private int avail;
  /** Whether a refill took from here since the last look of the reaper. */
  boolean touched;

  ArrayCache(int limit) {
    entries = new long[limit];
  }

  int avail() {
    return avail;
  }

  int room() {
    return entries.length - avail;
  }

  /** Adds n objects, for which there is room. */
  void push(long[] from, int at, int n) {
    System.arraycopy(from, at, entries, avail, n);
    avail += n;
  }

  /** Moves up to n of the newest out, in order ({@code transfer_objects}); returns how many. */
  int takeNewest(long[] to, int n) {
    int count = Math.min(n, avail);
    avail -= count;
    System.arraycopy(entries, avail, to, 0, count);
    return count;
  }

  /** Moves n of the oldest out; the rest move down. */
  long[] takeOldest(int n) {
    long[] oldest = Arrays.copyOf(entries, n);
    avail -= n;
    System.arraycopy(entries, n, entries, 0, avail);
    return oldest;
  }

  /** What the timed reap takes ({@code drain_array}): nothing of one that was touched, but then it is so no more. */
  long[] age() {
    boolean idle = !touched;
    touched &= avail == 0;
    return takeOldest(idle ? agedOut(entries.length, avail) : 0);
  }

  /** How many objects leave an idle array in one pass. */
  static int agedOut(int limit, int avail) {
    int fifth = (limit + 4) / 5;
    return fifth <= avail ? fifth : (avail + 1) / 2;
  }

  long[] contents() {
    return Arrays.copyOf(entries, avail);
  }
}
