package dev.slablab.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.bench.report.Ratio.Verdict;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.junit.jupiter.api.Test;

/** Ratios and verdicts against answers known in advance. */
class RatioTest {
  private static final double[] ONES = {1, 1, 1, 1, 1};

  @Test
  void equalRatiosHaveAnIntervalOfNoWidth() {
    Ratio twice = Ratio.of(new double[] {2, 4, 6, 8, 10, 12, 14, 16}, new double[] {1, 2, 3, 4, 5, 6, 7, 8}, 1);
    assertEquals(2, twice.median(), 1e-12);
    assertEquals(2, twice.low(), 1e-12);
    assertEquals(2, twice.high(), 1e-12);
    assertEquals(Verdict.SLOWER, twice.verdict(0.05));
  }

  /**
   * Resamples of five that have the least value as median come up 5.8 times in 100: the interval is the whole range.
   */
  @Test
  void theIntervalOfFiveRoundsIsTheirRange() {
    Ratio ratio = Ratio.of(new double[] {0.5, 0.6, 0.7, 0.8, 0.9}, ONES, 1);
    assertEquals(0.7, ratio.median(), 1e-12);
    assertEquals(0.5, ratio.low(), 1e-12);
    assertEquals(0.9, ratio.high(), 1e-12);
    assertEquals(Verdict.INCONCLUSIVE, ratio.verdict(0.05), "five rounds are no claim");
    assertEquals(1, ratio.reach(), 1e-12);
  }

  @Test
  void verdictsNeedTheWholeIntervalOnOneSideOfTheMargin() {
    assertEquals(Verdict.SAME, new Ratio(1, 0.96, 1.04, 8, 0).verdict(0.05));
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(1.06, 1.04, 1.08, 8, 0).verdict(0.05));
    assertEquals(Verdict.SLOWER, new Ratio(1.07, 1.06, 1.08, 8, 0).verdict(0.05));
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(0.94, 0.90, 0.96, 8, 0).verdict(0.05));
    assertEquals(Verdict.FASTER, new Ratio(0.94, 0.90, 0.95, 8, 0).verdict(0.05));
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(1, 0.5, 2, 8, 0).verdict(0.05));
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(1, 0.9, 1.1, 8, 1).verdict(0.3), "noise makes nothing the same");
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(1.2, 1.1, 1.25, 8, 0).verdict(0.3), "nor different");
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(2, 2, 2, 7, 0).verdict(0.05), "too few rounds");
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(2, 2, 2, 8, 0.051).verdict(0.05), "one of many, by chance");
  }

  /** The median of a resample of an odd number is at most the k-th value as often as a binomial says (Efron 1979). */
  @Test
  void theIntervalIsTheOneThatCanBeCalculated() {
    for (int n : new int[] {7, 11, 19}) {
      double[] times = new Random(n).doubles(n, 1, 2).sorted().toArray();
      double[] ones = new double[n];
      Arrays.fill(ones, 1);
      Ratio ratio = Ratio.of(times, ones, 1);
      int low = 1;
      while (atMost(n, low) < 0.025) {
        low++;
      }
      int high = low;
      while (atMost(n, high) < 0.975) {
        high++;
      }
      assertEquals(times[low - 1], ratio.low(), 1e-12, "n = " + n);
      assertEquals(times[high - 1], ratio.high(), 1e-12, "n = " + n);
      assertEquals(times[n / 2], ratio.median(), 1e-12, "n = " + n);
    }
  }

  private static double atMost(int n, int k) {
    return 1 - new BinomialDistribution(n, (double) k / n).cumulativeProbability(n / 2);
  }

  /**
   * Student's own example (1908): ten patients, two drugs, differences in hours of sleep; t = -4.0621, p = 0.002833.
   */
  @Test
  void theTestIsStudents() {
    double[] first = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2};
    double[] second = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    Ratio ratio = Ratio.of(Arrays.stream(first).map(Math::exp).toArray(),
        Arrays.stream(second).map(Math::exp).toArray(), 1);
    assertEquals(0.002833, ratio.p(), 5e-7);
    Ratio unpaired = Ratio.unpaired(Arrays.stream(first).map(Math::exp).toArray(),
        Arrays.stream(second).map(Math::exp).toArray(), 1);
    assertEquals(0.07939, unpaired.p(), 5e-6, "Welch's, as R prints it");
    assertEquals(Math.exp(0.35 - 1.75), unpaired.median(), 1e-9);
    assertTrue(unpaired.low() < unpaired.median() && unpaired.median() < unpaired.high());
  }

  /** R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"). */
  @Test
  void holmsAdjustmentIsTheTextbooks() {
    List<Double> adjusted = Ratio.holm(Stream.of(0.01, 0.04, 0.03, 0.005).map(p -> new Ratio(1, 1, 1, 8, p)).toList())
        .stream().map(Ratio::p).toList();
    double[] expected = {0.03, 0.06, 0.06, 0.02};
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], adjusted.get(i), 1e-12);
    }
    assertEquals(1, Ratio.holm(List.of(new Ratio(1, 1, 1, 8, 0.7), new Ratio(1, 1, 1, 8, 0.6))).getFirst().p());
    assertEquals(List.of(), Ratio.holm(List.of()));
  }

  @Test
  void samplesWithoutSpreadAreCertain() {
    assertEquals(1, Ratio.of(ONES, ONES, 1).p());
    assertEquals(0, Ratio.of(new double[] {2, 2, 2, 2, 2}, ONES, 1).p());
    assertEquals(1, Ratio.of(new double[] {2}, new double[] {1}, 1).p(), "one round");
  }

  @Test
  void theSameSeedGivesTheSameInterval() {
    double[] times = new Random(7).doubles(20, 1, 2).toArray();
    double[] base = new double[20];
    Arrays.fill(base, 1.4);
    assertEquals(Ratio.of(times, base, 3), Ratio.of(times, base, 3));
  }

  /** 95 of 100 intervals should hold the true ratio; the percentile bootstrap of a median is known to be near that. */
  @Test
  void intervalsHoldTheTruthAboutAsOftenAsTheySay() {
    Random random = new Random(1);
    int held = 0;
    for (int i = 0; i < 200; i++) {
      double[] times = new double[15];
      double[] base = new double[15];
      for (int j = 0; j < times.length; j++) {
        base[j] = Math.exp(random.nextGaussian());
        times[j] = base[j] * 1.5 * Math.exp(0.1 * random.nextGaussian());
      }
      Ratio ratio = Ratio.of(times, base, i);
      held += ratio.low() <= 1.5 && 1.5 <= ratio.high() ? 1 : 0;
    }
    assertTrue(held > 180 && held < 200, "held = " + held);
  }

  @Test
  void roundsMustMatch() {
    assertThrows(IllegalArgumentException.class, () -> Ratio.of(new double[0], new double[0], 1));
    assertThrows(IllegalArgumentException.class, () -> Ratio.of(new double[1], ONES, 1));
  }
}
