package dev.slablab;

import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What went wrong in a pass of ageing, which nobody but the log hears of. One user at a time. */
final class AgeingErrors extends Handler {
  private static final Logger LOGGER = Logger.getLogger("dev.slablab"); // kept: loggers are held weakly
  private static final AtomicReference<Throwable> FIRST = new AtomicReference<>();

  static {
    LOGGER.addHandler(new AgeingErrors());
  }

  private AgeingErrors() {}

  /** Forgets what was logged before. */
  static void clear() {
    FIRST.set(null);
  }

  /** Throws what was logged since. */
  static void rethrow() {
    Throwable first = FIRST.getAndSet(null);
    if (first != null) {
      throw new AssertionError("ageing: " + first.getMessage(), first);
    }
  }

  @Override
  public void publish(LogRecord entry) {
    if (entry.getThrown() != null) {
      FIRST.compareAndSet(null, entry.getThrown());
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
