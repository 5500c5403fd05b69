package dev.slablab.bench.replay;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Starts a {@link ReplayFork} and reads what it says. */
final class ForkProcess {
  private static final int HEAP_MIB = 192;
  /** Of trace, tables, parser, and the handles of subjects that have any. */
  private static final int HEAP_PER_EVENT = 250;

  private static final long SPARE_DIRECT = 1L << 30;

  private ForkProcess() {}

  /** The fork's result, or an object with a member {@code error}. */
  static JsonObject run(Job job, Trace trace, ReplaySubject subject, boolean memory, Consumer<String> progress)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(arg -> !memory || !(arg.matches("-XX:\\+Use\\w+GC") || arg.startsWith("-Xm"))).forEach(command::add);
    if (memory) {
      command.addAll(quiet(trace, subject));
    }
    command.add("-XX:MaxDirectMemorySize=" + (SPARE_DIRECT + 8 * trace.peakLive)); // else the heap's limit is Netty's
    command.addAll(subject.jvmArgs());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), ReplayFork.class.getName(),
        new Gson().toJson(job), subject.name(), Boolean.toString(memory)));
    Process fork = new ProcessBuilder(command).redirectErrorStream(true).start();
    JsonObject result = new JsonObject();
    String last = "";
    try (BufferedReader lines = fork.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(ReplayFork.RESULT)) {
          result = JsonParser.parseString(line.substring(ReplayFork.RESULT.length())).getAsJsonObject();
        } else if (line.startsWith(ReplayFork.ERROR)) {
          result.addProperty("error", line.substring(ReplayFork.ERROR.length()));
        } else if (line.startsWith(ReplayFork.PROGRESS)) {
          progress.accept(line.substring(ReplayFork.PROGRESS.length()));
        } else {
          last = line;
        }
      }
      int status = fork.waitFor();
      if (result.isEmpty()) {
        result.addProperty("error", "the fork ended with status " + status + ": " + last);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      result.addProperty("error", "interrupted");
    } finally {
      fork.destroy();
    }
    return result;
  }

  /** A JVM whose own memory does not grow: no compiler, all of the heap touched at the start. */
  private static List<String> quiet(Trace trace, ReplaySubject subject) {
    long bytes = (long) trace.events() * HEAP_PER_EVENT + (subject == ReplaySubject.HEAP ? 4 * trace.peakLive : 0);
    long heap = HEAP_MIB + (bytes >> 20);
    return List.of("-Xint", "-XX:+UseSerialGC", "-XX:+AlwaysPreTouch", "-Xms" + heap + "m", "-Xmx" + heap + "m");
  }
}
