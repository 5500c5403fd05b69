package dev.slablab.bench.machine;

import java.util.Arrays;

/** How quiet the machine is: the same work again and again, and how much its time varies. */
public final class Noise {
  private static final int SAMPLES = 200;
  /** About 5 ms of dependent multiplications on a current core. */
  private static final int STEPS = 5_000_000;
  private static final int WARM_UP = 20;

  private Noise() {}

  /** The median time of a piece of work over about a second; ninth decile and longest over it, minus 1. */
  public record Spread(double medianMillis, double p90, double max) {}

  /** {@return what a probe of about a second shows} */
  public static Spread probe() {
    double[] millis = new double[SAMPLES];
    long sink = 1;
    for (int i = -WARM_UP; i < SAMPLES; i++) {
      long start = System.nanoTime();
      sink = work(sink);
      if (i >= 0) {
        millis[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    if (sink == 0) {
      throw new AssertionError("only 0 leads to 0"); // and the work is not optimised away
    }
    Arrays.sort(millis);
    double median = millis[SAMPLES / 2];
    return new Spread(median, millis[SAMPLES * 9 / 10] / median - 1, millis[SAMPLES - 1] / median - 1);
  }

  private static long work(long seed) {
    long x = seed;
    for (int i = 0; i < STEPS; i++) {
      x = Long.rotateLeft(x * 0x9E3779B97F4A7C15L, 32); // without the rotation C2 multiplies many factors beforehand
    }
    return x;
  }
}
