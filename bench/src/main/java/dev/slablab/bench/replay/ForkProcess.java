package dev.slablab.bench.replay;

import module java.base;
import com.google.gson.*;
import java.lang.management.ManagementFactory;

/** Starts a {@link ReplayFork} and reads what it says. */
final class ForkProcess {
  private static final int HEAP_MIB = 192;
  /** As much as a benchmark's fork has. */
  private static final int HEAP_MIB_TIME = 512;
  /** A subject that hangs is a failed cell. */
  private static final long LIMIT_SECONDS = 300;
  /** Of trace, tables, parser, and the handles of subjects that have any. */
  private static final int HEAP_PER_EVENT = 250;

  private ForkProcess() {}

  /** The fork's result, or an object with a member {@code error}. */
  static JsonObject run(Job job, Trace trace, ReplaySubject subject, boolean memory, Consumer<String> progress)
      throws IOException {
    return run(job, trace, subject, memory, progress, LIMIT_SECONDS);
  }

  static JsonObject run(Job job, Trace trace, ReplaySubject subject, boolean memory, Consumer<String> progress,
      long seconds) throws IOException {
    Path file = Files.createTempFile("slablab", ".trace");
    try {
      trace.save(file);
      return run(command(job, trace, subject, memory, file), progress, seconds);
    } finally {
      Files.delete(file);
    }
  }

  private static List<String> command(Job job, Trace trace, ReplaySubject subject, boolean memory, Path file) {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(arg -> !arg.startsWith("-Xm") && !(memory && arg.matches("-XX:\\+Use\\w+GC"))).forEach(command::add);
    command.addAll(flags(trace, subject, memory));
    command.addAll(subject.jvmArgs());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), ReplayFork.class.getName(),
        new Gson().toJson(job), subject.name(), Boolean.toString(memory), file.toString()));
    return command;
  }

  private static JsonObject run(List<String> command, Consumer<String> progress, long seconds) throws IOException {
    Process fork = new ProcessBuilder(command).redirectErrorStream(true).start();
    CompletableFuture<Process> end = fork.onExit().orTimeout(seconds, TimeUnit.SECONDS);
    var _ = end.exceptionally(_ -> fork.destroyForcibly());
    JsonObject result = new JsonObject();
    String last = "";
    try (BufferedReader lines = fork.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(ReplayFork.RESULT)) {
          result = JsonParser.parseString(line.substring(ReplayFork.RESULT.length())).getAsJsonObject();
        } else if (line.startsWith(ReplayFork.ERROR)) {
          result.addProperty("error", line.substring(ReplayFork.ERROR.length()));
        } else if (line.startsWith(ReplayFork.PROGRESS)) {
          last = line.substring(ReplayFork.PROGRESS.length());
          progress.accept(last);
        } else {
          last = line;
        }
      }
      int status = fork.waitFor();
      if (result.isEmpty()) {
        result.addProperty("error", (end.isCompletedExceptionally() ? "the fork took longer than " + seconds + " s: "
            : "the fork ended with status " + status + ": ") + last);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      result.addProperty("error", "interrupted");
    } finally {
      fork.destroy();
    }
    return result;
  }

  /**
   * As for the benchmarks: all of the heap touched at the start, no limit that shapes Netty's chunks, no leak detection.
   * For memory also no compiler: a JVM whose own does not grow.
   */
  private static List<String> flags(Trace trace, ReplaySubject subject, boolean memory) {
    long bytes = (long) trace.events() * HEAP_PER_EVENT + (subject == ReplaySubject.HEAP ? 4 * trace.peakLive : 0);
    long heap = (memory ? HEAP_MIB : HEAP_MIB_TIME) + (bytes >> 20);
    List<String> flags = new ArrayList<>(List.of("-XX:+AlwaysPreTouch", "-Xms" + heap + "m", "-Xmx" + heap + "m",
        "-XX:MaxDirectMemorySize=64g", "-Dio.netty.leakDetection.level=disabled"));
    if (memory) {
      flags.addAll(List.of("-Xint", "-XX:+UseSerialGC"));
    }
    return flags;
  }
}
