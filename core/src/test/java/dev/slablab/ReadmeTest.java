package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.example.ReadmeExample;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Sources;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the README shows of core is what core is. */
class ReadmeTest {
  private static final String MARK = "// README";

  @Test
  void theTableOfTunablesIsTheRowsOwn() {
    String readme = Sources.readme();
    String expected = tunablesTable();
    assertEquals(expected.strip(), between(readme, "<!-- tunables -->", "<!-- /tunables -->").strip(),
        "put this between <!-- tunables --> and <!-- /tunables -->:\n\n" + expected + "\n");
  }

  static String tunablesTable() {
    StringBuilder table = new StringBuilder("""
        | tunable | default | range | when | meaning | more gains | less gains |
        |---|---|---|---|---|---|---|
        """);
    for (Tunable row : Tunable.values()) {
      table.append("| ").append(String.join(" | ", "`" + row.key() + "`", Long.toString(row.defaultValue), row.range(),
          row.writable ? "run time" : "at build", row.meaning, row.up, row.down)).append(" |\n");
    }
    return table.toString();
  }

  @Test
  void theExampleIsTheOneThatRuns() {
    String expected = example();
    String readme = Sources.readme();
    String block = between(between(readme, "<!-- example -->", null), "```java\n", "```");
    assertEquals(expected, block.stripIndent().strip(),
        "put this behind <!-- example -->:\n\n```java\n" + expected + "\n```\n");
  }

  @Test
  void theExampleRuns() {
    assertTrue(example().lines().count() <= 15, "fifteen lines");
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      ReadmeExample.main(new String[0]);
    } finally {
      System.setOut(console);
    }
    List<String> lines = printed.toString(StandardCharsets.UTF_8).lines().toList();
    assertTrue(lines.get(2).startsWith("buffers "), lines.get(2));
    assertTrue(lines.get(3).startsWith("kmalloc-56 "), "a slab's descriptor: " + lines.get(3));
    assertTrue(lines.get(4).startsWith("kmalloc-104 "), lines.get(4));
    assertEquals(7, lines.size(), "and kmalloc-320, kmalloc-8");
  }

  /** The lines between the markers of the example's source, without their indentation. */
  private static String example() {
    String source = Sources.below("src/test/java").get("dev/slablab/example/ReadmeExample.java");
    return between(source, MARK + "\n", MARK).stripIndent().strip();
  }

  /** What stands between two marks; empty when one is missing, so that the failure shows what should be there. */
  private static String between(String text, String begin, String end) {
    int from = text.indexOf(begin);
    int to = end == null ? text.length() : text.indexOf(end, from + begin.length());
    return from < 0 || to < 0 ? "" : text.substring(from + begin.length(), to);
  }
}
