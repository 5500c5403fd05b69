package dev.slablab.testing;

import java.util.Random;
import java.util.function.Consumer;

/** Randomness that can be had again: {@code mvn test -Dslablab.test.seed=N}. */
public final class Seeds {
  private static final String PROPERTY = "slablab.test.seed";

  private Seeds() {}

  /** Runs a random test; what it throws comes with the seed. */
  public static void run(Consumer<Random> test) {
    long seed = Long.getLong(PROPERTY, System.nanoTime());
    try {
      test.accept(new Random(seed));
    } catch (RuntimeException | Error e) {
      throw new AssertionError("replay with -D" + PROPERTY + "=" + seed + ": " + e.getMessage(), e);
    }
  }
}
