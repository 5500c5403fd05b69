package dev.slablab.percpu;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Seams for the proof of the protocol: constants that the compiler folds away unless a test set them when it forked.
 * Delays make the rare interleavings common; leaving the barrier out must make the same test fail.
 */
final class Stress {
  /** {@code -Dslablab.test.delays=true}: now and then a section, or the way to it, takes microseconds. */
  static final boolean DELAYS = Boolean.getBoolean("slablab.test.delays");
  /** {@code -Dslablab.test.nobarrier=true}: the broken twin without the asymmetric barrier. */
  static final boolean NO_BARRIER = Boolean.getBoolean("slablab.test.nobarrier");

  private static final int ONE_IN = 64;
  private static final int LONGEST_SPINS = 400;

  private Stress() {}

  static void delay() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    if (random.nextInt(ONE_IN) == 0) {
      for (int spins = random.nextInt(LONGEST_SPINS); spins > 0; spins--) {
        Thread.onSpinWait();
      }
    }
  }
}
