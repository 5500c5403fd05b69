package dev.slablab.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.bench.report.Ratio.Verdict;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Ratios and verdicts against answers known in advance. */
class RatioTest {
  private static final double[] ONES = {1, 1, 1, 1, 1};

  @Test
  void equalRatiosHaveAnIntervalOfNoWidth() {
    Ratio twice = Ratio.of(new double[] {2, 4, 6, 8, 10}, new double[] {1, 2, 3, 4, 5}, 1);
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
    assertEquals(Verdict.FASTER, ratio.verdict(0.05));
    assertEquals(1, ratio.reach(), 1e-12);
  }

  @Test
  void verdictsNeedTheWholeIntervalOnOneSideOfTheMargin() {
    assertEquals(Verdict.SAME, new Ratio(1, 0.96, 1.04, 8).verdict(0.05));
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(1.06, 1.04, 1.08, 8).verdict(0.05));
    assertEquals(Verdict.SLOWER, new Ratio(1.07, 1.06, 1.08, 8).verdict(0.05));
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(0.94, 0.90, 0.96, 8).verdict(0.05));
    assertEquals(Verdict.FASTER, new Ratio(0.94, 0.90, 0.95, 8).verdict(0.05));
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(1, 0.5, 2, 8).verdict(0.05));
    assertEquals(Verdict.INCONCLUSIVE, new Ratio(2, 2, 2, 4).verdict(0.05), "too few rounds");
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
