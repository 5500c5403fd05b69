package dev.slablab.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.slablab.bench.Main;
import dev.slablab.bench.subject.NativeMalloc;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged, and an output that takes nothing: one line each, which names what is wrong. */
class BadInputTest {
  private static final byte[] NO_UTF_8 = {(byte) 0xff, (byte) 0xfe, '\n'};

  @TempDir private Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private String folder = "";

  @BeforeEach
  void copy() throws IOException {
    Path run = Path.of("..", "results", "limit", "2026-11-22-epyc2-6bd1b88");
    for (String name : List.of("plan.json", "env.json", "results.jsonl", "summary.csv")) {
      Files.copy(run.resolve(name), temp.resolve(name));
    }
    folder = temp.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"plan.json", "results.jsonl", "summary.csv", "env.json"})
  void aFileThatIsNoTextIsNamed(String name) throws IOException {
    Files.write(temp.resolve(name), NO_UTF_8, StandardOpenOption.APPEND);
    String message = "slablab: file = " + temp.resolve(name) + ": must be UTF-8 text, but is damaged";
    oneLine(message, "report", folder);
    if (!name.equals("summary.csv")) {
      oneLine(message, "env.json".equals(name) ? new String[] {"sweep", "--resume", folder}
          : new String[] {"compare", folder, folder});
    }
  }

  @Test
  void aFolderInAFilesPlaceIsNamed() throws IOException {
    Files.delete(temp.resolve("results.jsonl"));
    Files.createDirectory(temp.resolve("results.jsonl"));
    oneLine("slablab: file = " + temp.resolve("results.jsonl") + ": Is a directory", "compare", folder, folder);
    oneLine("slablab: file = " + temp.resolve("results.jsonl") + ": Is a directory", "report", folder);
  }

  /** Each field, missing or of another type: the file, the line, the field and what is legal are named. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "round      |              | a whole number", "round | \"x\" | a whole number", "round | 1.5 | a whole number",
      "order      |              | a whole number", "order | []    | a whole number",
      "cell       |              | an object with role, group and subject",
      "cell       | 7            | an object with role, group and subject",
      "cell       | {\"role\":\"NONE\",\"group\":\"\",\"subject\":\"\"} | an object with role, group and subject",
      "unit       |              | a text", "unit | {} | a text",
      "values     |              | an object of numbers", "values | 3 | an object of numbers",
      "values     | {\"score\":\"x\"} | an object of numbers", "values | {\"score\":null} | an object of numbers",
      "iterations |              | a list of numbers", "iterations | [\"x\"] | a list of numbers",
      "machine    |              | an object of 5 numbers", "machine | [] | an object of 5 numbers",
      "machine    | {\"seconds\":\"x\"} | an object of 5 numbers", "error | {} | a text",
      "round | null | a whole number", "order | null | a whole number", "unit | null | a text",
      "cell | null | an object with role, group and subject", "values | null | an object of numbers",
      "iterations | null | a list of numbers", "iterations | [1.0,null] | a list of numbers",
      "machine | null | an object of 5 numbers"})
  void aFieldOfALineIsNamed(String field, String value, String legal) throws IOException {
    damage(field, value);
    oneLine("line 3: " + field + " = " + (value == null ? "null" : value) + ": must be " + legal, "compare", folder,
        folder);
    assertTrue(err.toString().startsWith("slablab: results.jsonl of " + folder + ": line 3"), err::toString);
  }

  @Test
  void aLineThatIsOfAnotherRoundOrLacksTheMetricIsNotThePlans() throws IOException {
    damage("round", "5");
    oneLine("line 3 is not what plan.json has there, ", "compare", folder, folder);
    damage("round", "0");
    damage("values", "{\"mem.held\":1.0}");
    oneLine(" in round 0 with score or an error; one of the two was changed", "compare", folder, folder);
  }

  /** No error is written as null, too. */
  @Test
  void anErrorThatIsNullIsNone() throws IOException {
    damage("error", "null");
    int _ = run("compare", folder, folder);
    assertEquals("", err.toString());
  }

  /** What can be shown is shown; what cannot is told with its reason, on the page and beside it. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"round | | a whole number", "round | null | a whole number",
      "round | 1.5 | a whole number", "cell | null | a text or an object", "cell | [] | a text or an object",
      "values | 3 | an object of numbers", "values | null | an object of numbers",
      "values | {\"score\":\"x\"} | an object of numbers", "values | {\"score\":1e999} | an object of numbers",
      "machine | [] | an object of numbers", "iterations | [\"x\"] | a list of numbers",
      "samples | {} | a list of numbers"})
  void aReportTellsWhichLineItLeavesOut(String field, String value, String legal) throws IOException {
    damage(field, value);
    assertEquals(0, run("report", folder), err::toString);
    assertEquals("results.jsonl, line 3 is left out: " + field + " = " + value + ": must be " + legal,
        err.toString().strip());
    assertTrue(Files.readString(temp.resolve("report.html")).contains("results.jsonl, line 3 is left out: "));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"\"cells\": [|\"cells\": [], \"x\": [", "\"threads\": 1,|",
      "\"question\":|\"questio\":", "\"rounds\": 8|\"rounds\": \"many\"", "\"role\": \"DRIFT\"|\"role\": \"NONE\"",
      "\"role\": \"DRIFT\"|\"role\": null", "\"name\": \"SlabLimit\"|\"name\": null", "\"also\": [|\"also\": [null,"})
  void aPlanThatLacksSomethingIsOneLine(String what, String other) throws IOException {
    String plan = Files.readString(temp.resolve("plan.json"));
    assertTrue(plan.contains(what), plan);
    Files.writeString(temp.resolve("plan.json"), plan.replace(what, other == null ? "" : other));
    for (String[] line : new String[][] {{"compare", folder, folder}, {"sweep", "--resume", folder}}) {
      oneLine("DIR = " + folder + ": its plan.json is torn or of another version; start a new sweep", line);
    }
  }

  /** A full disk, or a reader that has gone. */
  @ParameterizedTest
  @ValueSource(strings = {"--help", "sweep --help", "sweep --list", "sweep Floor --dry-run", "replay --list",
      "tunables", "tunables --json", "tunables --markdown", "goals P1 --dry-run"})
  void anOutputThatTakesNothingIsToldByTheStatus(String line) {
    PrintWriter full = new PrintWriter(new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException("No space left on device");
      }
    }, true, StandardCharsets.UTF_8);
    assertEquals(2, Main.run(full, new PrintWriter(err, true), line.split(" ")));
    assertEquals("slablab: standard output: cannot be written, its disk is full or its reader has gone; send it"
        + " elsewhere", err.toString().strip());
  }

  /** The same of real JVMs, of JMH's lists too, which it prints past our writers. */
  @ParameterizedTest
  @ValueSource(strings = {"tunables > /dev/full", "-l > /dev/full", "-h > /dev/full",
      "{ tunables; echo $? >&2; } | :", "{ -l; echo $? >&2; } | :"})
  void aFullDiskAndAClosedPipeLeaveNoTrace(String line) throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of("/dev/full")), "no such device here");
    Process shell = new ProcessBuilder("sh", "-c", line.replaceFirst("(tunables|-[lh])", java() + " $1")).start();
    String said = new String(shell.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals("2", line.contains("|") ? said.lines().reduce("", (_, last) -> last) : "" + shell.waitFor(), said);
    assertFalse(said.contains("\tat ") || said.contains("Exception"), said);
    assertTrue(said.startsWith("slablab: standard output: cannot be written"), said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sweep Peers --param subject=NATIVE_MALLOC --param size=64 --dry-run",
      "quick --subjects NATIVE_MALLOC --dry-run", "replay git --subjects NATIVE_MALLOC"})
  void aMallocThatIsNotThereIsRefused(String line) {
    String before = System.getProperty(NativeMalloc.LIBRARY);
    System.setProperty(NativeMalloc.LIBRARY, "libnosuch.so");
    try {
      oneLine("slablab: slablab.lab.malloc = libnosuch.so: must be a library that can be loaded here, and libnosuch.so"
          + " cannot; give another's name or path, or none for the C library", line.split(" "));
    } finally {
      if (before == null) {
        System.clearProperty(NativeMalloc.LIBRARY);
      } else {
        System.setProperty(NativeMalloc.LIBRARY, before);
      }
    }
  }

  /** In a JVM of its own, whose first call of malloc this is. */
  @Test
  void theDoctorSaysThatMallocIsMissing() throws IOException, InterruptedException {
    Process doctor = new ProcessBuilder("sh", "-c", java().replace(" -cp ", " -Dslablab.lab.malloc=libnosuch.so -cp ")
        + " doctor").redirectErrorStream(true).start();
    String said = new String(doctor.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, doctor.waitFor(), said);
    assertTrue(said.lines().anyMatch(line -> line.matches("warn +native malloc +missing +leave NATIVE_MALLOC out")),
        said);
  }

  private static String java() {
    return "'" + Path.of(System.getProperty("java.home"), "bin", "java")
        + "' -Xmx256m --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp '"
        + System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")) + "' "
        + Main.class.getName();
  }

  /** Line 3, without a field or with another value. */
  private void damage(String field, String value) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(temp.resolve("results.jsonl")));
    JsonObject line = JsonParser.parseString(lines.get(2)).getAsJsonObject();
    line.remove(field);
    if (value != null) {
      line.add(field, JsonParser.parseString(value));
    }
    lines.set(2, line.toString());
    Files.write(temp.resolve("results.jsonl"), lines);
  }

  private void oneLine(String message, String... line) {
    err.getBuffer().setLength(0);
    assertEquals(2, run(line), err::toString);
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains(message), err::toString);
    assertEquals("", out.toString());
  }

  private int run(String... args) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
