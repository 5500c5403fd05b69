package dev.slablab.bench.suite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The mixtures have the statistics that were published or asked for. */
class MixtureTest {
  @ParameterizedTest
  @CsvSource({"1024, 33", "256, 24", "15, 12", "16639, 10.5", "636, 6"})
  void webSocketShares(int size, double percent) {
    int[] sizes = Mixture.WEB_SOCKET.sizes(1);
    double share = 100.0 * Arrays.stream(sizes).filter(one -> one == size).count() / sizes.length;
    assertEquals(percent, share, 0.2); // the rest spreads over these sizes too
  }

  @ParameterizedTest
  @CsvSource({"10, 15", "50, 637", "75, 1024", "90, 16639", "95, 16639", "99, 16639"})
  void webSocketPercentiles(int percent, int size) {
    int[] sorted = Mixture.WEB_SOCKET.sizes(1);
    Arrays.sort(sorted);
    assertEquals(size, sorted[sorted.length * percent / 100]);
    assertEquals(2, sorted[0]);
    assertTrue(sorted[sorted.length - 1] > 18_000 && sorted[sorted.length - 1] <= 18_432);
  }

  @Test
  void apiGatewayIsLogNormal() {
    int[] sizes = Mixture.API_GATEWAY.sizes(1);
    DescriptiveStatistics logs = new DescriptiveStatistics();
    for (int size : sizes) {
      assertTrue(size >= 8 && size <= 1 << 20);
      logs.addValue(Math.log(size));
    }
    assertEquals(2048, Math.exp(logs.getPercentile(50)), 2);
    assertEquals(1, logs.getStandardDeviation(), 0.01);
    assertEquals(0, logs.getSkewness(), 0.02);
    assertEquals(2048 * Math.E, Math.exp(logs.getPercentile(84.1345)), 20);
  }

  @ParameterizedTest
  @EnumSource
  void seedsChangeTheOrderOnly(Mixture mixture) {
    int[] one = mixture.sizes(1);
    int[] two = mixture.sizes(2);
    assertArrayEquals(one, mixture.sizes(1));
    assertFalse(Arrays.equals(one, two));
    int near = 0;
    for (int i = 1; i < one.length; i++) {
      near += one[i] == one[i - 1] ? 1 : 0;
    }
    assertTrue(near < one.length / 4, "neighbours are independent, not in runs");
    Arrays.sort(one);
    Arrays.sort(two);
    assertArrayEquals(one, two);
    assertEquals(Mixture.LENGTH, one.length);
  }
}
