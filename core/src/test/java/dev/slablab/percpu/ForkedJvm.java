package dev.slablab.percpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs a main class of the tests in a JVM of its own: switches of {@link Stress} and of the JIT are per JVM. */
final class ForkedJvm {
  /** True in the long runs of {@code mvn -Pstress verify}. */
  static final boolean LONG = Boolean.getBoolean("slablab.test.stress");
  static final Path TARGET = Path.of(System.getProperty("basedir", "."), "target", "proof").toAbsolutePath();

  private ForkedJvm() {}

  record Result(int exit, String output) {
    /** A number printed as {@code name=number}; the sum when it is there several times. */
    long number(String name) {
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
  static Result run(List<String> jvmArgs, String main, List<String> args, long seconds) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Collections.addAll(command, "--enable-native-access=ALL-UNNAMED", "-Xmx1g", "-ea");
    command.addAll(jvmArgs);
    Collections.addAll(command, "-cp", classPath(), main);
    command.addAll(args);
    try {
      Files.createDirectories(TARGET);
      Path output = Files.createTempFile(TARGET, main.substring(main.lastIndexOf('.') + 1), ".txt");
      Process process = new ProcessBuilder(command).directory(TARGET.toFile()).redirectErrorStream(true)
          .redirectOutput(output.toFile()).start();
      try {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
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
