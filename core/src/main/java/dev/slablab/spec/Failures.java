package dev.slablab.spec;

import org.jspecify.annotations.Nullable;

/**
 * Collects what several steps throw, so that every step is taken: in the end the first failure is thrown, and the
 * others come suppressed in it. Not thread-safe.
 */
@SuppressWarnings("doclint:missing") // public for the layers above
public final class Failures {
  /** So many tell what is wrong; a destructor that always throws must not fill the heap as a large cache closes. */
  private static final int MOST_SUPPRESSED = 32;

  private @Nullable Throwable first;
  private int kept;
  private long dropped;

  public void run(Runnable step) {
    try {
      step.run();
    } catch (Throwable e) {
      add(e);
    }
  }

  public void add(Throwable failure) {
    if (first == null) {
      first = failure;
    } else if (first != failure && kept < MOST_SUPPRESSED) { // a hook may throw one and the same object
      first.addSuppressed(failure);
      kept++;
    } else if (first != failure) { // nothing suppresses itself
      dropped++;
    }
  }

  /** The first failure, or null; the number of those that were too many to keep is suppressed in it as well. */
  public @Nullable Throwable first() {
    if (first != null && dropped > 0) {
      first.addSuppressed(new IllegalStateException("failures not kept = " + dropped));
      dropped = 0;
    }
    return first;
  }

  /** Throws the first failure, if there was one, as it is. */
  public void rethrow() {
    rethrow(first());
  }

  /** Throws what a hook or a step threw, as it is; none declares a checked exception. */
  public static void rethrow(@Nullable Throwable thrown) {
    switch (thrown) {
      case null -> { }
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException("a hook threw a checked exception", thrown);
    }
  }
}
