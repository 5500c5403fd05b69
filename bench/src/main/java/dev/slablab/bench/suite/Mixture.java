package dev.slablab.bench.suite;

import module java.base;
import org.apache.commons.math3.distribution.NormalDistribution;

/**
 * Buffer sizes of real programs. The sizes of a mixture are its quantiles, shuffled: any seed gives exactly its shares.
 */
public enum Mixture {
  /**
   * A web-socket proxy, by the shares published with Netty's allocation simulator; the rest is spread log-uniformly on
   * either side of the published median, 637 B, in the shares that this median and the 90th percentile leave.
   */
  WEB_SOCKET {
    private static final int[] SIZES = {1024, 256, 15, 16_639, 636, 637};
    private static final double[] SHARES = {0.33, 0.24, 0.12, 0.105, 0.06, 0.01};
    private static final double BELOW_MEDIAN = 0.075;
    private static final double ABOVE_MEDIAN = 1 - BELOW_MEDIAN - Arrays.stream(SHARES).sum();

    @Override
    int size(double share) {
      double left = share;
      for (int i = 0; i < SHARES.length; i++) {
        if (left < SHARES[i]) {
          return SIZES[i];
        }
        left -= SHARES[i];
      }
      return left < BELOW_MEDIAN ? logUniform(2, 635, left / BELOW_MEDIAN)
          : logUniform(638, 18_432, (left - BELOW_MEDIAN) / ABOVE_MEDIAN);
    }
  },
  /** An API gateway: log-normal, median 2 KiB, sigma 1, between 8 B and 1 MiB. */
  API_GATEWAY {
    private static final NormalDistribution LOG = new NormalDistribution(Math.log(2048), 1);

    @Override
    int size(double share) {
      return Math.clamp(Math.round(Math.exp(LOG.inverseCumulativeProbability(share))), 8, 1 << 20);
    }
  };

  /** Sizes of a sequence; a power of two. */
  static final int LENGTH = 1 << 16;

  /** The size that stands at a place of the buffers, 0 to 1, when they are put in some order. */
  abstract int size(double share);

  /** A sequence of sizes. */
  final int[] sizes(long seed) {
    int[] sizes = new int[LENGTH];
    Random random = new Random(seed);
    for (int i = 0; i < LENGTH; i++) { // the inside-out shuffle
      int other = random.nextInt(i + 1);
      sizes[i] = sizes[other];
      sizes[other] = size((i + 0.5) / LENGTH);
    }
    return sizes;
  }

  private static int logUniform(int min, int max, double share) {
    return Math.clamp(Math.round(min * Math.pow((double) max / min, share)), min, max);
  }
}
