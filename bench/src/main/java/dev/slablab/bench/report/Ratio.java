package dev.slablab.bench.report;

import org.apache.commons.math3.random.*;
import org.apache.commons.math3.stat.descriptive.rank.*;

/**
 * How much longer one thing takes than another, over several rounds in which both were measured.
 *
 * <p>The median of the rounds' ratios with a 95 % percentile bootstrap interval. Ratios are taken within a round, so
 * that what slows the machine for a while slows both, and worked on as logarithms, so that twice and half weigh the
 * same.
 *
 * @param median typical ratio; above 1 means longer than the baseline
 * @param low lower end of the interval
 * @param high upper end of the interval
 * @param rounds how many there were
 */
public record Ratio(double median, double low, double high, int rounds) {
  /**
   * Fewer rounds decide nothing: the interval of five is their range, which misses the median once in sixteen times.
   */
  public static final int MIN_ROUNDS = 5;

  private static final int RESAMPLES = 10_000;
  private static final double LOW = 2.5;
  private static final double HIGH = 97.5;

  /** What a ratio says about a subject; the interval must lie wholly on one side of the margin. */
  public enum Verdict {
    /** Takes less time than the baseline. */
    FASTER,
    /** Takes more time than the baseline. */
    SLOWER,
    /** Equal within the margin. */
    SAME,
    /** The rounds do not decide; never a pass. */
    INCONCLUSIVE
  }

  /**
   * The ratio over rounds.
   *
   * @param subject times, one a round
   * @param baseline times of the same rounds
   * @param seed of the resampling
   * @return the ratio
   */
  public static Ratio of(double[] subject, double[] baseline, long seed) {
    if (subject.length == 0 || subject.length != baseline.length) {
      throw new IllegalArgumentException("rounds = " + subject.length + " and " + baseline.length
          + ": must be equal and not 0");
    }
    double[] logs = new double[subject.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = Math.log(subject[i] / baseline[i]);
    }
    Median median = new Median();
    RandomGenerator random = new Well19937c(seed);
    double[] medians = new double[RESAMPLES];
    double[] sample = new double[logs.length];
    for (int i = 0; i < RESAMPLES; i++) {
      for (int j = 0; j < sample.length; j++) {
        sample[j] = logs[random.nextInt(logs.length)];
      }
      medians[i] = median.evaluate(sample);
    }
    Percentile percentile = new Percentile();
    percentile.setData(medians);
    return new Ratio(Math.exp(median.evaluate(logs)), Math.exp(percentile.evaluate(LOW)),
        Math.exp(percentile.evaluate(HIGH)), logs.length);
  }

  /**
   * The verdict.
   *
   * @param margin differences up to this share are none, for instance 0.05
   * @return the verdict; too few rounds are always inconclusive
   */
  public Verdict verdict(double margin) {
    double above = 1 + margin;
    double below = 1 / above;
    if (rounds < MIN_ROUNDS) {
      return Verdict.INCONCLUSIVE;
    } else if (high < below) {
      return Verdict.FASTER;
    } else if (low > above) {
      return Verdict.SLOWER;
    }
    return low >= below && high <= above ? Verdict.SAME : Verdict.INCONCLUSIVE;
  }

  /** {@return how far the interval reaches from 1, as a share: the noise floor when both sides are the same thing} */
  public double reach() {
    return Math.max(high, 1 / low) - 1;
  }
}
