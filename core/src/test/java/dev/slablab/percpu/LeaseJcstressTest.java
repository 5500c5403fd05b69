package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@link LeaseJcstress} and {@link MagazineJcstress} in JVMs of its own; reports with every outcome lie under {@code target/proof}. */
@Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeaseJcstressTest {
  private static final int TESTS = 6;
  private static final Pattern TEST = Pattern.compile("\\] dev\\.slablab\\.percpu\\.\\w+Jcstress\\.(\\w+)\\s*$");
  /** A row of a table: outcome, samples, frequency, expectation. */
  private static final Pattern ROW =
      Pattern.compile("^\\s+(-?\\d+, -?\\d+, -?\\d+)\\s+([\\d,]+)\\s+<?[\\d.]+%\\s+(Acceptable|Forbidden)");

  @BeforeEach
  void needsTheBarrier() {
    assumeTrue(Membarrier.isSupported(), "no membarrier here: no leases");
  }

  private static ForkedJvm.Result run(String select, String jvm, int iterations, int millis) {
    String name = "jcstress" + Integer.toHexString((select + jvm).hashCode());
    return ForkedJvm.run(List.of(), "org.openjdk.jcstress.Main", List.of("-t", select, "-f", "1", "-iters",
        "" + iterations, "-time", "" + millis, "-c", "2", "-sc", "false", "-af", "NONE", "-v", "-r",
        ForkedJvm.TARGET.resolve(name).toString(), "-jvmArgs", "--enable-native-access=ALL-UNNAMED " + jvm), 600);
  }

  /** Samples per test: all, or the forbidden ones. */
  private static Map<String, Long> samples(String output, boolean forbidden) {
    Map<String, Long> samples = new TreeMap<>();
    List<String> lines = new ArrayList<>(output.lines().toList());
    String test = "?";
    for (String line : lines.subList(Math.max(0, lines.indexOf("RUN RESULTS:")), lines.size())) {
      Matcher name = TEST.matcher(line);
      test = name.find() ? name.group(1) : test;
      Matcher row = ROW.matcher(line);
      if (row.find() && (!forbidden || row.group(3).equals("Forbidden"))) {
        samples.merge(test, Long.parseLong(row.group(2).replace(",", "")), Long::sum);
      }
    }
    return samples;
  }

  private static void check(String jvm, int iterations, int millis) {
    ForkedJvm.Result result = run("percpu.*Jcstress", jvm, iterations, millis);
    Map<String, Long> samples = samples(result.output(), false);
    System.out.println("jcstress " + jvm + " samples: " + samples);
    assertEquals(Map.of(), samples(result.output(), true), result::output);
    assertEquals(0, result.exit(), result::output);
    assertEquals(TESTS, samples.size(), result::output);
    assertTrue(samples.values().stream().allMatch(n -> n > 0), "each test took samples: " + samples);
  }

  @Test
  void noObjectIsLostOrDuplicated() {
    check("-Dproof", 2, 300);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:-TieredCompilation", "-Dslablab.test.delays=true"})
  void noObjectIsLostOrDuplicatedInLongRuns(String jvm) {
    assumeTrue(ForkedJvm.LONG);
    check(jvm, 20, 1000);
  }

  /** Forbidden outcomes must turn up when the barrier is left out. */
  @Test
  void withoutTheBarrierTheForbiddenHappens() {
    for (int more = 1; more <= 8; more *= 2) {
      ForkedJvm.Result result = run("LeaseJcstress.PopOrTakeOver", "-Dslablab.test.nobarrier=true", 3 * more, 500);
      Map<String, Long> forbidden = samples(result.output(), true);
      System.out.println("jcstress without the barrier: " + forbidden + " forbidden of "
          + samples(result.output(), false));
      if (!forbidden.isEmpty()) {
        assertNotEquals(0, result.exit(), "jcstress reports what it forbids");
        return;
      }
    }
    fail("the control must fail: jcstress did not see that the barrier is missing");
  }
}
