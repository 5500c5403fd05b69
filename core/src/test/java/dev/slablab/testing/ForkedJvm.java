package dev.slablab.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs a main class of the tests in a JVM of its own: seams, JIT, collector and environment are per JVM. */
public final class ForkedJvm {
  /** True in the long runs of {@code mvn -Pstress verify}. */
  public static final boolean LONG = Boolean.getBoolean("slablab.test.stress");
  public static final Path TARGET = Path.of(System.getProperty("basedir", "."), "target", "proof").toAbsolutePath();

  /** With it native access is not enabled. */
  public static final String DENY = "--illegal-native-access=deny";

  private ForkedJvm() {}

  /** How it ended, and what it printed. */
  public record Result(int exit, String output) {
    /** A number printed as {@code name=number}; the sum when it is there several times. */
    public long number(String name) {
      Matcher matcher = Pattern.compile("\\b" + name + "=(\\d+)").matcher(output);
      long sum = 0;
      while (matcher.find()) {
        sum += Long.parseLong(matcher.group(1));
      }
      return sum;
    }
  }

  static String classPath() {
    String ofSurefire = System.getProperty("surefire.test.class.path");
    return ofSurefire == null ? System.getProperty("java.class.path") : ofSurefire;
  }

  /** Runs it to its end, which must come in time. */
  public static Result run(List<String> jvmArgs, String main, List<String> args, long seconds) {
    return run(List.of(), Map.of(), jvmArgs, main, args, seconds);
  }

  /** The same behind another command. */
  public static Result run(List<String> prefix, List<String> jvmArgs, String main, List<String> args, long seconds) {
    return run(prefix, Map.of(), jvmArgs, main, args, seconds);
  }

  /** The same behind another command, such as {@code taskset 1}, and in another environment. */
  public static Result run(List<String> prefix, Map<String, String> environment, List<String> jvmArgs, String main,
      List<String> args, long seconds) {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (!jvmArgs.contains(DENY)) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    Collections.addAll(command, "-Xmx1g", "-ea");
    command.addAll(jvmArgs);
    Collections.addAll(command, "-cp", classPath(), main);
    command.addAll(args);
    try {
      Files.createDirectories(TARGET);
      Path folder = Files.createTempDirectory(TARGET, main.substring(main.lastIndexOf('.') + 1));
      Path output = folder.resolve("output.txt"); // jcstress leaves a file beside it whose name is the second's
      ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
          .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      try {
        if (!process.waitFor(LONG ? 10 * seconds : seconds, TimeUnit.SECONDS)) {
          throw new AssertionError(command + " ran longer than " + seconds + " s:\n" + Files.readString(output));
        }
        return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
