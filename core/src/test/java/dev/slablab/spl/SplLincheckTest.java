package dev.slablab.spl;

import dev.slablab.testing.Lincheck;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slab lists, growth, reaping and emergency objects under Lincheck; the twins show that it would find something. */
@Timeout(value = 60, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SplLincheckTest {
  private static final List<String> SOUND = List.of("OneSlab", "Reaped", "Emergency");

  @Test
  void modelChecking() {
    Lincheck.check(SplLincheck.class, "model", 1, 100, SOUND,
        List.of("MoveOutsideLock", "TakeOutsideLock", "SignalFirst", "ReapOutsideLock", "ReleaseFirst"));
  }

  @Test
  void stress() {
    Lincheck.check(SplLincheck.class, "stress", 8, 500, SOUND, List.of());
  }
}
