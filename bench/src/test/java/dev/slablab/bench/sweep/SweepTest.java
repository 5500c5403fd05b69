package dev.slablab.bench.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import dev.slablab.bench.Main;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.runner.RunnerException;

/** A sweep that is broken off, goes on, fails, or is refused. */
class SweepTest {
  private static final Plan PLAN = Grid.of("Peers subject=SLABLAB,HEAP,NATIVE_MALLOC size=64,1024").plan("test")
      .with(8, 7, 10);
  private static final int FORKS = 8 * 9;

  @TempDir private Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Cut anywhere, also twice, also in the middle of a line: the same forks in the same order, the same files. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8, 9, 10, 40, FORKS - 1})
  void interruptedAndResumedIsAsUninterrupted(int cut) throws IOException, RunnerException {
    FakeForks whole = new FakeForks(Integer.MAX_VALUE);
    assertEquals(2, run(make("whole"), whole), "the failed cells are told");
    RunFolder folder = make("cut");
    FakeForks first = new FakeForks(cut);
    assertEquals(130, run(folder, first));
    assertEquals(cut, folder.forks().size(), "the fork that was told to end is no result");
    assertTrue(err.toString().contains("interrupted: " + cut + " forks are kept; sweep --resume "), err::toString);
    tear("cut");
    RunFolder again = RunFolder.of(temp.resolve("cut"));
    again.resume(again.plan(), "java -jar benchmarks.jar sweep --resume cut", new PrintWriter(err, true));
    assertTrue(err.toString().contains("dropped the last line of results.jsonl, which is torn"), err::toString);
    FakeForks second = new FakeForks(5);
    int status = run(again, second);
    FakeForks third = new FakeForks(Integer.MAX_VALUE);
    assertEquals(2, status == 130 ? run(again, third) : status);
    List<String> started = new ArrayList<>(first.started.subList(0, cut));
    started.addAll(second.started.subList(0, Math.min(5, second.started.size())));
    started.addAll(third.started);
    assertEquals(whole.started, started);
    for (String file : List.of("results.jsonl", "plan.json", "summary.csv", "summary.md")) {
      assertEquals(read("whole/" + file), read("cut/" + file), file);
    }
    assertEquals(2, read("cut/command.txt").lines().count());
  }

  private void tear(String name) throws IOException {
    Files.writeString(temp.resolve(name + "/results.jsonl"), "{\"round\":1,\"order\":3,\"cell\":{\"ro",
        StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    assertTrue(RunFolder.of(temp.resolve(name)).forks().size() < FORKS, "a torn line hinders nobody who only reads");
  }

  /** Each fact that makes figures incomparable is named. */
  @ParameterizedTest
  @ValueSource(strings = {"jdk", "cpu", "cores", "kernel", "memory", "jarSha256", "commit", "collector", "jvmFlags"})
  void anotherEnvironmentIsRefused(String fact) throws IOException, RunnerException {
    RunFolder folder = make("moved");
    assertEquals(130, run(folder, new FakeForks(3)));
    Path file = temp.resolve("moved/env.json");
    var facts = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    assertTrue(facts.has(fact));
    facts.addProperty(fact, "other");
    facts.addProperty("load", 77);
    Files.writeString(file, facts.toString());
    assertEquals(2, lab("sweep", "--resume", temp.resolve("moved").toString()));
    assertTrue(err.toString().contains("env.json of ") && err.toString().contains(": " + fact + " = ")
        && err.toString().contains(", was \"other\": must be as when the sweep began"), err::toString);
    assertFalse(err.toString().contains("load"), "a load may differ");
  }

  @Test
  void anEnvironmentThatIsNotThereIsNamed() throws IOException, RunnerException {
    assertEquals(130, run(make("bare"), new FakeForks(3)));
    err.getBuffer().setLength(0);
    Files.delete(temp.resolve("bare/env.json"));
    assertEquals(2, lab("sweep", "--resume", temp.resolve("bare").toString()));
    assertEquals("slablab: file = " + temp.resolve("bare/env.json") + ": is not there, or its folder is not",
        err.toString().strip());
  }

  @Test
  void anotherPlanIsRefused() throws IOException, RunnerException {
    assertEquals(130, run(make("plan"), new FakeForks(3)));
    String folder = temp.resolve("plan").toString();
    assertEquals(2, lab("sweep", "Floor", "--resume", folder, "--rounds", "8", "--seed", "9"));
    assertTrue(err.toString().contains("plan.json of ") && err.toString().contains("seed = 9, was 7")
        && err.toString().contains("cells = ") && !err.toString().contains("rounds"), err::toString);
    Path plan = temp.resolve("plan/plan.json");
    Files.writeString(plan, Files.readString(plan).replace("\"seed\": 7", "\"seed\": 8"));
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
        () -> RunFolder.of(temp.resolve("plan")).forks());
    assertTrue(e.getMessage().contains("is not what plan.json has there, "), e::getMessage);
  }

  /** Other cells go on; the failed ones are rows, and their paths are nobody's business. */
  @Test
  void failedCellsAreResults() throws IOException, RunnerException {
    RunFolder folder = make("failed");
    assertEquals(2, run(folder, new FakeForks(Integer.MAX_VALUE)));
    assertEquals(FORKS, folder.forks().size());
    assertTrue(err.toString().contains("failed forks = 16 of 72"), err::toString);
    assertTrue(out.toString().contains("0 (8 failed)"), out::toString);
    assertTrue(read("failed/results.jsonl").contains("\"error\":\"no memory, at x.c\""));
    assertFalse(read("failed/results.jsonl").contains("/home"));
  }

  /** A metric that a benchmark does not tell stops the sweep at once. */
  @Test
  void aMisspeltMetricIsTheFirstForksError() throws IOException {
    RunFolder folder = make("metric");
    List<Cell> tried = new ArrayList<>();
    Sweep.Forks silent = (cell, round, order) -> {
      tried.add(cell);
      return new Fork(round, order, cell, "", Map.of("score", 1.0), List.of(), new Fork.Machine(1, 0, 0, 0, 0),
          "metric = nosuch: the benchmark does not tell it");
    };
    assertThrows(IllegalArgumentException.class, () -> run(folder, silent));
    assertEquals(1, tried.size());
    assertEquals(0, folder.forks().size());
  }

  /** What a shell is to read as one word. */
  @Test
  void theHintCanBePasted() throws IOException, RunnerException {
    assertEquals(130, run(make("it's mine"), new FakeForks(1)));
    assertTrue(err.toString().contains("; sweep --resume '" + temp + "/it'\\''s mine' goes on"), err::toString);
    assertEquals("plain/x-1.json", RunFolder.quoted("plain/x-1.json"));
    assertEquals("''", RunFolder.quoted(""));
    assertEquals("'$(x)'", RunFolder.quoted("$(x)"));
  }

  @Test
  void aDamagedFileOfJmhIsNamed() throws IOException, RunnerException {
    RunFolder folder = make("jmh");
    Path kept = Files.createDirectories(temp.resolve("jmh/jmh")).resolve("0000-0000");
    for (String text : List.of("", "no object", "\u00ac\u00ed")) {
      Files.writeString(kept, text);
      FileSystemException e = assertThrows(FileSystemException.class, () -> JmhJson.of(folder));
      assertTrue(e.getMessage().startsWith(kept + ": is damaged: delete it, java.io."), e::getMessage);
      assertTrue(e.getCause() instanceof IOException, "" + e.getCause());
    }
    try (var out = new ObjectOutputStream(Files.newOutputStream(kept))) {
      out.writeObject("no result");
    }
    FileSystemException other = assertThrows(FileSystemException.class, () -> JmhJson.of(folder));
    assertTrue(other.getCause() instanceof ClassCastException, "" + other.getCause());
    Files.delete(kept);
    Files.createSymbolicLink(kept, temp.resolve("nowhere"));
    assertThrows(NoSuchFileException.class, () -> JmhJson.of(folder), "not damaged, so nothing to delete");
  }

  /** A budget that is used up ends the sweep after a round, and is no failure; going on finishes it. */
  @Test
  void theBudgetEndsASweepEarly() throws IOException, RunnerException {
    Plan plan = Grid.of("Peers subject=SLABLAB,HEAP size=64").plan("test").with(8, 7, 10);
    RunFolder folder = new RunFolder(temp.resolve("budget"), "", plan);
    Sweep.Forks slow = (cell, round, order) -> {
      long end = System.nanoTime() + 150_000_000;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      return FakeForks.fork(cell, round, order, 10);
    };
    PrintWriter text = new PrintWriter(err, true);
    assertEquals(0, new Sweep(folder, slow, 1, new PrintWriter(out, true), text).run());
    int done = folder.forks().size();
    assertTrue(done >= 4 && done < 32, "forks = " + done);
    assertTrue(err.toString().contains("(--budget)"), err::toString);
    assertEquals(0, new Sweep(folder, new FakeForks(99), 0, new PrintWriter(out, true), text).run());
    assertEquals(32, folder.forks().size());
  }

  @Test
  void pathsBecomeNames() {
    assertEquals("java --out r -Dx=libm.so.2 \"jvm\" : \"java\", a/b ns/op 1 / 2 b.so:c.so",
        RunFolder.withoutFolders("java --out /tmp/x/r/ -Dx=/usr/lib/libm.so.2 \"jvm\" : \"/opt/jdk-25/bin/java\", a/b "
            + "ns/op 1 / 2 /a/b.so:/a/c.so"));
  }

  /** The real thing: a process that is told to end while it measures, then goes on. */
  @Test
  void controlCKeepsWhatWasMeasured() throws IOException, RunnerException, InterruptedException {
    Path folder = temp.resolve("real");
    List<String> lab = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    lab.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(arg -> arg.startsWith("--") || arg.startsWith("-Djmh")).toList());
    lab.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "sweep"));
    int status = process(lab, true, "Floor.ring,Floor.monitor", "--rounds", "2", "--iteration", "10", "--out",
        folder.toString());
    assertEquals("INT".equals(signal()) ? 130 : 143, status, out::toString);
    int kept = RunFolder.of(folder).forks().size();
    assertTrue(kept >= 1 && kept < 8, "forks = " + kept);
    assertTrue(Files.exists(folder.resolve("summary.md")) && Files.isDirectory(folder.resolve("jmh")));
    assertEquals(0, process(lab, false, "--resume", folder.toString()), out::toString);
    assertEquals(8, RunFolder.of(folder).forks().size());
    assertFalse(Files.exists(folder.resolve("jmh")), "no longer needed");
    var jmh = JsonParser.parseString(read("real/jmh.json")).getAsJsonArray();
    assertEquals(2, jmh.size(), "ring is drift control and baseline");
    for (var one : jmh) {
      assertEquals(one.getAsJsonObject().get("benchmark").getAsString().endsWith("ring") ? 6 : 2,
          one.getAsJsonObject().getAsJsonObject("primaryMetric").getAsJsonArray("rawData").size(),
          "with the forks before the interruption");
      assertEquals("java", one.getAsJsonObject().get("jvm").getAsString());
    }
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(file -> !file.endsWith("jmh.log")).toList()) {
        String text = Files.readString(file);
        assertFalse(text.contains(System.getProperty("java.home")) || text.contains(temp.toString()), file::toString);
      }
    }
  }

  /** Runs it to its end, or tells it to end when its first fork is told. */
  private int process(List<String> lab, boolean interrupt, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(lab);
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        out.append(line).append('\n');
        if (interrupt && line.startsWith("[  1/")) {
          assertEquals(0, new ProcessBuilder("kill", "-" + signal(), Long.toString(process.pid())).start().waitFor());
        }
      }
    }
    return process.waitFor();
  }

  /** Where a build runs in the background, Control-C reaches nobody. */
  private static String signal() throws IOException {
    String ignored = Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("SigIgn:")).findFirst().orElseThrow().substring(7).strip();
    return (Long.parseUnsignedLong(ignored, 16) & 2) == 0 ? "INT" : "TERM";
  }

  private RunFolder make(String name) throws IOException {
    return new RunFolder(temp.resolve(name), "java -jar benchmarks.jar sweep", PLAN);
  }

  private int run(RunFolder folder, Sweep.Forks forks) throws IOException, RunnerException {
    return new Sweep(folder, forks, 0, new PrintWriter(out, true), new PrintWriter(err, true)).run();
  }

  private int lab(String... args) {
    err.getBuffer().setLength(0);
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private String read(String name) throws IOException {
    return Files.readString(temp.resolve(name));
  }
}
