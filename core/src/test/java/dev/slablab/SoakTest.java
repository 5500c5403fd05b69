package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The soak: some million operations of it here, an hour under stress; and that it tells a leak from none. */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SoakTest {
  private static SoakPlan plan(double seconds, long operations, int points, int forget, Path report) {
    return new SoakPlan(seconds, operations, points, 2, 4, 2, 16L << 20, ConcurrentKit.seed(), forget, report);
  }

  /** Whether this platform tells resident bytes at all. */
  private static void assumeFigures() {
    try (Kmem kmem = Kmem.create()) {
      assumeTrue(kmem.residentBytes() >= 0, "resident bytes are not to be had");
    }
  }

  @Test
  void mixedLoadLeavesResidentBytesFlat(@TempDir Path folder) throws IOException {
    SoakReport report = Soak.run(ConcurrentKit.STRESS ? plan(3600, 0, 60, 0, folder)
        : plan(0, 6_000_000, 20, 0, folder));
    assertEquals(report.points().size() + 1, Files.readAllLines(folder.resolve("soak.csv")).size());
    assertTrue(Files.readString(folder.resolve("soak.txt")).contains("closed without a leak"));
    assumeFigures();
    assertTrue(report.isFlat(), report.verdicts()::toString);
  }

  /** The same load, but one of 10,000 frees is forgotten. */
  @Test
  void aForgottenFreeNowAndThenIsNotFlat() {
    assumeFigures();
    SoakReport report = Soak.run(plan(0, 3_000_000, 20, 10_000, null));
    assertFalse(report.isFlat(), report.verdicts()::toString);
    assertTrue(report.verdicts().getFirst().startsWith("GROWING"), report.verdicts()::toString);
  }

  @Test
  void slowGrowthUnderNoiseIsSeenAndNoiseAloneIsNot() {
    Random random = new Random(1);
    long[] noise = LongStream.range(0, 60).map(i -> 4_000_000 + random.nextInt(1_000_000)).toArray();
    assertTrue(SoakReport.verdict("noise", noise, SoakReport.RESIDENT_BYTES).startsWith("flat"));
    noise[40] = 1L << 40; // an outlier is no growth
    assertTrue(SoakReport.verdict("outlier", noise, SoakReport.RESIDENT_BYTES).startsWith("flat"));
    long[] growing = LongStream.range(0, 60).map(i -> noise[(int) i] + i * 20_000).toArray();
    assertTrue(SoakReport.verdict("growing", growing, SoakReport.RESIDENT_BYTES).startsWith("GROWING"));
    assertFalse(SoakReport.verdict("too short", new long[9], 1).startsWith("flat"));
    assertEquals(590, SoakReport.growth(LongStream.range(0, 60).map(i -> 10 * i).toArray()), 1e-9);
  }

  @Test
  void badOptionsAreNamed() {
    assertEquals("--minute: no such option", assertThrows(IllegalArgumentException.class,
        () -> SoakPlan.parse(new String[] {"--minute", "1"})).getMessage().split(";")[0]);
    assertEquals("--threads = two: must be a number", assertThrows(IllegalArgumentException.class,
        () -> SoakPlan.parse(new String[] {"--threads", "two"})).getMessage());
    assertEquals(90, SoakPlan.parse(new String[] {"--minutes", "1.5"}).seconds());
  }
}
