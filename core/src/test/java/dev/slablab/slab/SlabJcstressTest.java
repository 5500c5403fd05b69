package dev.slablab.slab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.testing.ForkedJvm;
import dev.slablab.testing.Jcstress;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the jcstress tests of both slab layers, and their broken twins, in JVMs of their own. */
@Timeout(value = 60, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SlabJcstressTest {
  private static final String TESTS = "(spl|linux)\\.\\w+Jcstress\\.";
  private static final String TWINS = "(spl|linux)\\.\\w+Twins\\.";
  private static final int NUMBER_OF_TESTS = 17;
  private static final Set<String> ALL_TWINS = Set.of("MoveOutsideLock", "TestThenSet", "GrowthSignalsFirst",
      "TreeOutsideLock", "ReleasedBeforeRemoved", "FreeSignalsFirst", "PutOutsideLock", "GateSignalsFirst");
  /** Short, since actors that wait for each other drift apart: every stride brings them together again. */
  private static final String[] STRIDES = {"-strideSize", "8", "-strideCount", "64"};

  private static void check(String jvm, int iterations, int millis) {
    Jcstress.Report report = Jcstress.run(TESTS, jvm, iterations, millis, STRIDES);
    System.out.println("jcstress " + jvm + ", " + report.total() + " samples: " + report.samples());
    assertEquals(Map.of(), report.forbidden(), report::output);
    assertEquals(0, report.exit(), report::output);
    assertEquals(NUMBER_OF_TESTS, report.samples().size(), report::output);
    assertTrue(report.samples().values().stream().allMatch(n -> n > 0), "each test took samples: " + report.samples());
  }

  @Test
  void nothingIsLostOrDuplicated() {
    check("-Dproof", 1, 200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:-TieredCompilation"})
  void nothingIsLostOrDuplicatedInLongRuns(String jvm) {
    assumeTrue(ForkedJvm.LONG);
    check(jvm, 20, 1000);
  }

  /** In every twin the forbidden must turn up; those in which it has not get more time. */
  @Test
  void everyBrokenTwinIsCaught() {
    Set<String> left = new TreeSet<>(ALL_TWINS);
    Map<String, Long> caught = new TreeMap<>();
    for (int more = 1; more <= 16 && !left.isEmpty(); more *= 2) {
      Jcstress.Report report = Jcstress.run(TWINS + "(" + String.join("|", left) + ")", "-Dslablab.test.patience=100",
          2 * more - 1, 300 * more, STRIDES);
      System.out.println("jcstress twins, forbidden: " + report.forbidden() + " of " + report.samples());
      caught.putAll(report.forbidden());
      left.removeAll(caught.keySet());
    }
    assertEquals(Set.of(), left, "controls must fail: jcstress did not see what is broken in these");
    assertEquals(ALL_TWINS, caught.keySet());
  }
}
