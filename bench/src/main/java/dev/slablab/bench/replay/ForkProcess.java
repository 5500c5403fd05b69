package dev.slablab.bench.replay;

import module java.base;
import com.google.gson.*;
import dev.slablab.bench.machine.Proc;
import dev.slablab.bench.subject.SubjectKind;

/** Starts a {@link ReplayFork} and reads what it says. */
public final class ForkProcess {
  private static final int HEAP_MIB = 192;
  /** As much as a benchmark's fork has. */
  private static final int HEAP_MIB_TIME = 512;
  /** A subject that hangs is a failed cell: it says nothing for so long. */
  static final long LIMIT_SECONDS = 300;
  /** Of trace, tables, and the handles of subjects that have any. */
  private static final int HEAP_PER_EVENT = 250;

  private ForkProcess() {}

  /** A trace as forks read it; the file goes when this JVM ends. */
  static Path save(Trace trace) throws IOException {
    Path file = Files.createTempFile("slablab", ".trace");
    file.toFile().deleteOnExit();
    trace.save(file);
    return file;
  }

  /** How a fork is started. */
  static List<String> command(Job job, Trace trace, SubjectKind subject, boolean memory, Path file) {
    List<String> command = Proc.jvm(List.of());
    command.removeIf(arg -> arg.startsWith("-Xm") || (memory && arg.matches("-XX:\\+Use\\w+GC")));
    command.addAll(flags(trace, subject, memory));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), ReplayFork.class.getName(),
        new Gson().toJson(job), subject.name(), Boolean.toString(memory), file.toString()));
    return command;
  }

  /** The fork's result, or an object with a member {@code error}: it may be silent for so many seconds. */
  public static JsonObject run(List<String> command, Consumer<String> progress, long seconds) throws IOException {
    Process fork = new ProcessBuilder(command).redirectErrorStream(true).start();
    CompletableFuture<Boolean> word = awaitWord(fork, seconds);
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
          word = word.complete(true) ? awaitWord(fork, seconds) : word;
        } else {
          last = line;
        }
      }
      int status = fork.onExit().join().exitValue();
      if (result.isEmpty()) {
        result.addProperty("error", (!word.complete(true) ? "the fork was silent for " + seconds + " s: "
            : "the fork ended with status " + status + ": ") + last);
      }
    } finally {
      boolean _ = word.complete(true);
      fork.destroy();
    }
    return result;
  }

  /** Ends a fork that is silent for too long, by its handle: the process itself would close the stream that is read. */
  private static CompletableFuture<Boolean> awaitWord(Process fork, long seconds) {
    CompletableFuture<Boolean> word = new CompletableFuture<Boolean>().orTimeout(seconds, TimeUnit.SECONDS);
    var _ = word.exceptionally(_ -> fork.toHandle().destroyForcibly());
    return word;
  }

  /**
   * As for the benchmarks: all of the heap touched at the start, no limit that shapes Netty's chunks, no leak
   * detection. For memory also no compiler: a JVM whose own does not grow.
   */
  private static List<String> flags(Trace trace, SubjectKind subject, boolean memory) {
    long bytes = (long) trace.events() * HEAP_PER_EVENT + (subject == SubjectKind.HEAP ? 4 * trace.peakLive : 0);
    long heap = (memory ? HEAP_MIB : HEAP_MIB_TIME) + (bytes >> 20);
    List<String> flags = new ArrayList<>(List.of("-XX:+AlwaysPreTouch", "-Xms" + heap + "m", "-Xmx" + heap + "m",
        "-XX:MaxDirectMemorySize=64g", "-Dio.netty.leakDetection.level=disabled"));
    if (memory) {
      flags.addAll(List.of("-Xint", "-XX:+UseSerialGC"));
    }
    return flags;
  }
}
