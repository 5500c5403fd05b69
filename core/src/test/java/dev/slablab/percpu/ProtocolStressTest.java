package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.testing.ForkedJvm;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The protocol under load, in the interpreter, C1 and C2, with delays before and inside the section; and the controls:
 * twins that are broken on purpose must lose objects, or the tests prove nothing.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProtocolStressTest {
  private static final String C2 = "-XX:-TieredCompilation";
  private static final String DELAYS = "-Dslablab.test.delays=true";
  private static final String NO_BARRIER = "-Dslablab.test.nobarrier=true";
  private static final int LOST = 3;
  private static final long SECONDS = ForkedJvm.LONG ? 60 : 2;
  /** A control ends with its first loss, mostly within two seconds; it gets this long. */
  private static final long CONTROL_SECONDS = 60;

  @BeforeEach
  void needsTheBarrier() {
    assumeTrue(Membarrier.isSupported(), "no membarrier here: no leases");
  }

  private static ForkedJvm.Result run(Class<?> program, List<String> jvm, String... args) {
    ForkedJvm.Result result = ForkedJvm.run(jvm, program.getName(), List.of(args), 20 * SECONDS + 2 * CONTROL_SECONDS);
    System.out.println(program.getSimpleName() + " " + String.join(" ", args) + " " + String.join(" ", jvm) + ": "
        + result.output().strip());
    return result;
  }

  @ParameterizedTest
  @CsvSource({"-Xint,3", "-Xint,6", "-XX:TieredStopAtLevel=1,3", "-XX:TieredStopAtLevel=1,6", C2 + ",3", C2 + ",6"})
  void nothingIsLost(String mode, String owners) {
    ForkedJvm.Result result = run(ProtocolStress.class, List.of(mode, DELAYS), owners, "" + SECONDS);
    assertEquals(0, result.exit(), result::output);
    assertTrue(result.number("drains") > 0 && result.number("renewals") > 0, "drained");
    assertTrue(result.number("adoptions") > 0, "adopted");
    assertEquals(0, result.number("doubles"), "a thread never holds two slots");
    assertTrue(result.number("steals") > 0 || owners.equals("3"), "stolen"); // three owners have four slots
  }

  @Test
  void nothingIsLostAtFullSpeed() {
    assertEquals(0, run(ProtocolStress.class, List.of(C2), "3", "" + SECONDS).exit());
  }

  /**
   * The barrier left out. C2 alone can show it: the interpreter and C1 know no opaque store, they make a volatile one
   * of it, which is a fence.
   */
  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void withoutTheBarrierObjectsAreLost(String owners) {
    ForkedJvm.Result result =
        run(ProtocolStress.class, List.of(C2, DELAYS, NO_BARRIER), owners, "" + CONTROL_SECONDS, "drain");
    assertNotEquals(0, result.exit(), "the control must fail: this test is too weak to see a missing barrier");
    assertEquals(LOST, result.exit(), result::output);
  }

  /** The same run as the control's, but with the barrier. */
  @Test
  void withTheBarrierTheSameRunLosesNothing() {
    assertEquals(0, run(ProtocolStress.class, List.of(C2, DELAYS), "2", "" + 2 * SECONDS, "drain").exit());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", C2})
  void theBusyMarkBelongsInTheLease(String mode) {
    ForkedJvm.Result slot = run(TwinStress.class, List.of(mode, DELAYS), "slot", "" + CONTROL_SECONDS);
    assertEquals(LOST, slot.exit(), "the control must fail: with the mark in the slot objects are lost; " + slot);
    ForkedJvm.Result lease = run(TwinStress.class, List.of(mode, DELAYS), "lease", "" + SECONDS);
    assertEquals(0, lease.exit(), lease::output);
    assertTrue(lease.number("handOvers") > 0, "handed over");
  }
}
