package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.testing.ForkedJvm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lincheck, in a JVM of its own: it attaches an agent. */
@Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MagazinesLincheckTest {
  private static final int MORE = ForkedJvm.LONG ? 10 : 1;

  @BeforeEach
  void needsTheBarrier() {
    assumeTrue(Membarrier.isSupported(), "no membarrier here: no leases");
  }

  private static String run(String strategy, int iterations, int invocations, String... classes) {
    List<String> args = new ArrayList<>(List.of(strategy, "" + MORE * iterations, "" + MORE * invocations));
    args.addAll(List.of(classes));
    ForkedJvm.Result result = ForkedJvm.run(List.of("-XX:+EnableDynamicAgentLoading",
        "-Djdk.attach.allowAttachSelf=true"), MagazinesLincheck.class.getName(), args, 300L * MORE);
    assertEquals(0, result.exit(), result::output);
    result.output().lines().filter(line -> line.endsWith(" found")).forEach(line -> System.out.println("Lincheck "
        + strategy + ", up to " + MORE * iterations + " scenarios × " + MORE * invocations + " runs, " + line));
    return result.output();
  }

  /** Placements in every interleaving of few operations; the twins show that it would find something. */
  @Test
  void modelChecking() {
    String output = run("model", 6, 200, "Hashed", "Biased", "Unlocked", "BusyIgnored");
    assertTrue(output.contains("Hashed: nothing found"), output);
    assertTrue(output.contains("Biased: nothing found"), output);
    assertTrue(output.contains("Unlocked: error found"), "the control must fail; " + output);
    assertTrue(output.contains("BusyIgnored: error found"), "the control must fail; " + output);
  }

  @Test
  void stress() {
    String output = run("stress", 8, 1000, "Hashed", "Biased");
    assertTrue(output.contains("Hashed: nothing found"), output);
    assertTrue(output.contains("Biased: nothing found"), output);
  }
}
