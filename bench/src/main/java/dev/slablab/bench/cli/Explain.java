package dev.slablab.bench.cli;

import org.openjdk.jmh.runner.*;

/** JMH's failures in a user's words. */
final class Explain {
  private Explain() {}

  static String of(RunnerException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("JMH lock")) {
      return "another JMH run holds this machine's lock (" + System.getProperty("java.io.tmpdir") + "/jmh.lock): two"
          + " runs at a time would measure each other. Wait for it to end, or, where figures do not matter, say"
          + " java -Djmh.ignoreLock=true -jar …";
    }
    if (e instanceof ProfilersFailedException) {
      StringBuilder all = new StringBuilder("-prof:");
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        all.append(' ').append(String.valueOf(cause.getMessage()).strip().replace('\n', ' '));
      }
      return all.append("; -lprof lists the profilers").toString();
    }
    return e.getCause() == null ? message : message + ": " + e.getCause();
  }
}
