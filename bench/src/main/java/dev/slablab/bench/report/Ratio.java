package dev.slablab.bench.report;

import module java.base;
import org.apache.commons.math3.random.*;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.stat.descriptive.rank.*;
import org.apache.commons.math3.stat.inference.TTest;
import org.jspecify.annotations.Nullable;

/**
 * How much longer one thing takes than another, over several rounds in which both were measured.
 *
 * <p>The median of the rounds' ratios with a 95 % percentile bootstrap interval. Ratios are taken within a round, so
 * that what slows the machine for a while slows both, and worked on as logarithms, so that twice and half weigh the
 * same.
 *
 * <p>The probability is that of a t test on the logarithms. A rank test of eight rounds cannot fall below 2/2⁸ = 0.008,
 * which no correction for 24 cells survives; and where there is no difference subject and baseline may change places,
 * so their log ratio is symmetric, for which the t test errs on the safe side however long the tails of the noise are.
 *
 * @param median typical ratio; above 1 means longer than the baseline
 * @param low lower end of the interval
 * @param high upper end of the interval
 * @param rounds how many there were
 * @param p probability of such rounds if there were no difference
 */
public record Ratio(double median, double low, double high, int rounds, double p) {
  /** Fewer rounds decide nothing. */
  public static final int MIN_ROUNDS = 8;
  /** Differences up to this share are called none. */
  public static final double MARGIN = 0.05;
  /** A probability above it is no evidence. */
  public static final double ALPHA = 0.05;

  private static final int RESAMPLES = 10_000;
  private static final double LOW = 2.5;
  private static final double HIGH = 97.5;

  /** What a ratio says about a subject; the interval must lie wholly on one side of the margin, and p be small. */
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

  /** {@return the ratio of times, one a round, to those of the same rounds} */
  public static Ratio of(double[] subject, double[] baseline, long seed) {
    if (subject.length == 0 || subject.length != baseline.length) {
      throw new IllegalArgumentException("rounds = " + subject.length + " and " + baseline.length
          + ": must be equal and not 0");
    }
    double[] logs = new double[subject.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = Math.log(subject[i] / baseline[i]);
    }
    return bootstrap(logs.length, p(logs, new double[0]), seed, random -> Ratio.median(logs, random));
  }

  /** {@return the ratio of two runs that were not interleaved: their rounds are drawn apart} */
  public static Ratio unpaired(double[] now, double[] before, long seed) {
    double[] over = Arrays.stream(now).map(Math::log).toArray();
    double[] under = Arrays.stream(before).map(Math::log).toArray();
    return bootstrap(Math.min(over.length, under.length), p(over, under), seed,
        random -> Ratio.median(over, random) - Ratio.median(under, random));
  }

  /** Without a generator the sample's own median, else that of as many drawn from it. */
  private static double median(double[] logs, @Nullable RandomGenerator random) {
    double[] sample = logs.clone();
    for (int i = 0; random != null && i < sample.length; i++) {
      sample[i] = logs[random.nextInt(logs.length)];
    }
    return new Median().evaluate(sample);
  }

  private static Ratio bootstrap(int rounds, double p, long seed, ToDoubleFunction<@Nullable RandomGenerator> median) {
    RandomGenerator random = new Well19937c(seed);
    double[] medians = new double[RESAMPLES];
    Arrays.setAll(medians, _ -> median.applyAsDouble(random));
    Percentile percentile = new Percentile();
    percentile.setData(medians);
    return new Ratio(Math.exp(median.applyAsDouble(null)), Math.exp(percentile.evaluate(LOW)),
        Math.exp(percentile.evaluate(HIGH)), rounds, p);
  }

  /** Of one sample against 0, or of two (Welch); samples without any spread are certain. */
  private static double p(double[] logs, double[] other) {
    if (logs.length < 2 || other.length == 1) {
      return 1;
    }
    double p = other.length == 0 ? new TTest().tTest(0, logs) : new TTest().tTest(logs, other);
    double difference = StatUtils.mean(logs) - (other.length == 0 ? 0 : StatUtils.mean(other));
    return Double.isNaN(p) ? difference == 0 ? 1 : 0 : p;
  }

  /**
   * Several questions asked at once, their probabilities adjusted after Holm (1979): the least is multiplied by their
   * number, the next by one less, and none falls below one before it.
   */
  public static List<Ratio> holm(List<Ratio> all) {
    Ratio[] adjusted = all.toArray(Ratio[]::new);
    double most = 0;
    int left = adjusted.length;
    for (int at : IntStream.range(0, left).boxed().sorted(Comparator.comparingDouble(i -> all.get(i).p)).toList()) {
      Ratio one = all.get(at);
      most = Math.max(most, Math.min(1, one.p * left--));
      adjusted[at] = new Ratio(one.median, one.low, one.high, one.rounds, most);
    }
    return List.of(adjusted);
  }

  /** {@return the interval in words} */
  public String interval() {
    return String.format(Locale.ROOT, "[%.2f, %.2f]", low, high);
  }

  /** The verdict: a difference must exceed the {@link #reach} of equal things too, but noise makes nothing the same. */
  public Verdict verdict(double noise) {
    double above = 1 + Math.max(MARGIN, noise);
    return rounds < MIN_ROUNDS ? Verdict.INCONCLUSIVE
        : high < 1 / above && p <= ALPHA ? Verdict.FASTER
        : low > above && p <= ALPHA ? Verdict.SLOWER
        : reach() <= MARGIN ? Verdict.SAME : Verdict.INCONCLUSIVE;
  }

  /** {@return how far the interval reaches from 1, as a share: the noise floor when both sides are the same thing} */
  public double reach() {
    return Math.max(high, 1 / low) - 1;
  }
}
