package dev.slablab.percpu;

import java.util.Arrays;

/** Tokens in neither a magazine nor a hand; where refills come from and flushes go. */
final class TokenDepot {
  private long[] tokens = new long[64];
  private int count;

  synchronized int take(long[] to, int n) {
    int taken = Math.min(n, count);
    count -= taken;
    System.arraycopy(tokens, count, to, 0, taken);
    return taken;
  }

  synchronized void put(long[] from, int n) {
    for (int i = 0; i < n; i++) {
      tokens = count == tokens.length ? Arrays.copyOf(tokens, 2 * count) : tokens;
      tokens[count++] = from[i];
    }
  }
}
