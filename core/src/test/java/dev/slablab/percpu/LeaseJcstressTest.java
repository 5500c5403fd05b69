package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.testing.ForkedJvm;
import dev.slablab.testing.Jcstress;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs {@link LeaseJcstress} and {@link MagazineJcstress} in JVMs of its own; reports with every outcome lie under
 * {@code target/proof}.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeaseJcstressTest {
  private static final int TESTS = 6;

  @BeforeEach
  void needsTheBarrier() {
    assumeTrue(Membarrier.isSupported(), "no membarrier here: no leases");
  }

  private static void check(String jvm, int iterations, int millis) {
    Jcstress.Report result = Jcstress.run("percpu.*Jcstress", jvm, iterations, millis);
    Map<String, Long> samples = result.samples();
    System.out.println("jcstress " + jvm + ", " + result.total() + " samples: " + samples);
    assertEquals(Map.of(), result.forbidden(), result::output);
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
      Jcstress.Report result =
          Jcstress.run("LeaseJcstress.PopOrTakeOver", "-Dslablab.test.nobarrier=true", 3 * more, 500);
      Map<String, Long> forbidden = result.forbidden();
      System.out.println("jcstress without the barrier: " + forbidden + " forbidden of " + result.samples());
      if (!forbidden.isEmpty()) {
        assertNotEquals(0, result.exit(), "jcstress reports what it forbids");
        return;
      }
    }
    fail("the control must fail: jcstress did not see that the barrier is missing");
  }
}
