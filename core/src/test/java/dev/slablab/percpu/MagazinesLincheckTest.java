package dev.slablab.percpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.testing.Lincheck;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The magazines under Lincheck. */
@Timeout(value = 60, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MagazinesLincheckTest {
  private static final List<String> PLACEMENTS = List.of("Hashed", "Biased");

  @BeforeEach
  void needsTheBarrier() {
    assumeTrue(Membarrier.isSupported(), "no membarrier here: no leases");
  }

  /** Placements in every interleaving of few operations; the twins show that it would find something. */
  @Test
  void modelChecking() {
    Lincheck.check(MagazinesLincheck.class, "model", 6, 200, PLACEMENTS, List.of("Unlocked", "BusyIgnored"));
  }

  @Test
  void stress() {
    Lincheck.check(MagazinesLincheck.class, "stress", 8, 1000, PLACEMENTS, List.of());
  }
}
