package dev.slablab.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Traces that are made. */
class SyntheticTest {
  @TempDir private Path folder;

  private Trace distribution(String text, long bytes) throws IOException {
    return Synthetic.distribution(Files.writeString(folder.resolve("d.csv"), text), bytes, 1);
  }

  @Test
  void aBurstAllocatesThenFrees() {
    Trace trace = Synthetic.burst(1 << 20, 7);
    assertEquals(1 << 20, trace.peakLive);
    assertEquals(0, trace.left());
    assertEquals(Trace.FREE, trace.verb[trace.recorded / 2]);
    assertEquals(1 << 20, Arrays.stream(trace.size).sum());
    assertTrue(Arrays.stream(trace.size).anyMatch(size -> size < 17)
        && Arrays.stream(trace.size).anyMatch(size -> size > 32_768));
    assertEquals(trace.size.length, Synthetic.burst(1 << 20, 7).size.length, "the seed decides");
  }

  @Test
  void aLiveSetHasTheSharesOfItsDistribution() throws IOException {
    // Live: as many blocks of each; allocated: nine times as often the small ones.
    Trace trace = distribution("100, 9, 50\n1000, 1, 50\n# above a 16th\n100000, 1, 1\n", 1_100_000);
    long small = Arrays.stream(trace.size).limit(2000).filter(size -> size == 100).count();
    assertTrue(Math.abs(small - 1000) < 3, "small = " + small);
    long churned = Arrays.stream(trace.size).skip(2000).filter(size -> size == 100).count();
    double share = (double) churned / (trace.size.length - 2000);
    assertTrue(share > 0.88 && share < 0.92, "share = " + share);
    assertTrue(trace.peakLive > 1_050_000 && trace.peakLive < 1_157_000, "peak = " + trace.peakLive);
    assertEquals(0, Arrays.stream(trace.size).filter(size -> size > 1000).count());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "8, 1, 1;8, 1        | line 2: must be three numbers",
    "8, 1, 1;8, 1, 1, 1  | line 2: must be three numbers",
    "size, rate, live    | line 1: must be three numbers",
    "8, -1, 1            | line 1: must be three numbers",
    "0, 1, 1             | line 1: must be three numbers",
    "8.5, 1, 1           | line 1: must be three numbers",
    "8, NaN, 1           | line 1: must be three numbers",
    "8, 1e999, 1         | line 1: must be three numbers",
    "8, 0, 1             | has no size up to",
    "8, 1, 0             | has no size up to",
    "99999999, 1, 1      | has no size up to"})
  void badDistributions(String lines, String message) {
    String text = assertThrows(IllegalArgumentException.class,
        () -> distribution(lines.replace(';', '\n'), 1 << 20)).getMessage();
    assertTrue(text.startsWith("--distribution = ") && text.contains(message.strip()), text);
  }
}
