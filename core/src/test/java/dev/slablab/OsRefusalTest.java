package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.testing.ForkedJvm;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The operating system refuses memory, for real, to a JVM of its own: no-memory, or 0 for who must not wait; what was
 * there stays whole, frees bring all back to life, nothing leaks, and the JVM lives.
 */
@EnabledOnOs(OS.LINUX)
class OsRefusalTest {
  /**
   * A JVM that needs little by itself, and whose compiler, but for the loop that zeroes arenas, cannot fall over the
   * limit.
   */
  private static final List<String> SMALL = List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
      "-XX:CompileCommand=quiet",
      "-XX:CompileCommand=compileonly,jdk.internal.foreign.SegmentFactories::initNativeMemory",
      "-XX:ReservedCodeCacheSize=16m", "-XX:CompressedClassSpaceSize=32m", "-XX:-UsePerfData");

  private static List<String> under(String limit) {
    return List.of("sh", "-c", "MALLOC_ARENA_MAX=1; export MALLOC_ARENA_MAX; " + limit + " exec \"$@\"", "sh");
  }

  /** Whether the limit can be set, and leaves a JVM room enough to start. */
  private static boolean starts(String limit) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(under(limit));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(SMALL);
    command.add("-version");
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start()
        .waitFor() == 0;
  }

  private static ForkedJvm.Result run(String limit, String what) {
    List<String> prefix = under(limit);
    ForkedJvm.Result result = ForkedJvm.run(prefix, SMALL, "dev.slablab.OsRefusal", List.of(what), 120);
    assertEquals(0, result.exit(), result.output());
    assertTrue(result.output().endsWith("done\n"), result.output());
    return result;
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "ulimit -v 1000000 && | java.lang.foreign arenas",
      "ulimit -d 700000 && | java.lang.foreign arenas",
      "ulimit -v 2600000 && | mmap range of 1 GiB"})
  void whatIsRefusedIsNoMemoryAndNothingElse(String limit, String source) throws IOException, InterruptedException {
    assumeTrue(starts(limit), () -> "no JVM starts under " + limit);
    ForkedJvm.Result result = run(limit, "pages");
    assertTrue(result.output().contains("source: " + source), result.output());
    assertTrue(result.number("objects") > 2 && result.number("objects") < 100, result.output());
    assertTrue(result.output().contains("message: alloc: cache = hungry, size = 16777216: no page and no object"
        + " came free"),
        result.output());
    assertTrue(result.output().contains("run: alloc: page run, size = 33554432: no page"), result.output());
  }

  /** Locked pages: {@code madvise} fails; to lock needs the right to, which most have for so little. */
  @Test
  void whatCannotBeGivenBackReadsAsZeroAllTheSame() {
    ForkedJvm.Result result = run("", "locked");
    assumeTrue(result.number("locked") == 1, "mlock is refused");
  }
}
