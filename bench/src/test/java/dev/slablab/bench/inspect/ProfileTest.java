package dev.slablab.bench.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.bench.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flame graphs are made of what ran, and shares that do not hold are told. */
class ProfileTest {
  private static final String STUB = "java.lang.Thread.run;dev.slablab.bench.suite.jmh_generated.X.pair_jmhStub_[j];";

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private Stacks stacks() throws IOException {
    return Stacks.read(Files.writeString(folder.resolve("stacks"), 
        STUB + "dev.slablab.bench.suite.X.pair_[i];a.B.c_[i] 60\n"
        + STUB + "dev.slablab.bench.suite.X.pair;a.B.c;a.B.d_[0] 30\n"
        + STUB + "dev.slablab.bench.suite.X.pair_[1] 10\n"
        + STUB.replace("pair_jmhStub", "pair_AverageTime") + "dev.slablab.bench.suite.X.account_[j] 50\n"
        + "start_thread;CompileBroker::loop 850\n"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "B\\.c>=90   | true  | ok      90.0 %: B\\.c>=90",
      "B\\.c>=90.5 | false | broken  90.0 %: B\\.c>=90.5",
      "B\\.d<=30   | true  | ok      30.0 %: B\\.d<=30",
      "B\\.d<=29.9 | false | broken  30.0 %",
      "B\\.[cd]>=91| false | broken  90.0 %",
      "pair>=100   | true  | ok     100.0 %",
      "account>=1  | false | broken   0.0 %",
      "Compile>=1  | false | broken   0.0 %"})
  void sharesAreOfTheBenchmarksSamples(String assertion, boolean holds, String line) throws IOException {
    StringBuilder report = new StringBuilder();
    assertEquals(holds, stacks().holds(Stacks.assertion(assertion), report));
    assertTrue(report.toString().startsWith(line), report.toString());
  }

  @Test
  void topFramesBySelfAndTotal() throws IOException {
    assertEquals(100, stacks().total);
    List<String> lines = stacks().top(2).lines().map(line -> line.strip().replaceAll(" +", " ")).toList();
    assertEquals(List.of("self % total % frame", "60.0 90.0 a.B.c", "30.0 30.0 a.B.d", "",
        "10.0 100.0 dev.slablab.bench.suite.X.pair", "60.0 90.0 a.B.c", "", "100 samples, 10.0 % of all threads'"),
        lines);
  }

  @ParameterizedTest
  @CsvSource({"x", ">=5", "x>5", "x>=101", "x>=-1", "x==5"})
  void otherAssertionsAreErrors(String text) {
    assertThrows(IllegalArgumentException.class, () -> Stacks.assertion(text));
  }

  /** The hot pair: its time is spent in alloc and free, and never below the magazines. */
  @Test
  void aShortProfileOfThePeers() throws IOException {
    String problem = Flame.problem("cpu");
    assumeTrue(problem == null, problem);
    Path to = folder.resolve("pair");
    int status = run("profile", "Peers.pair", "-p", "subject=SLABLAB", "-p", "size=16384", "-wi", "2", "-w", "500ms",
        "-i", "2", "-r", "1s", "--out", to.toString(), "--assert", "KmemCache\\.(alloc|free)>=60", "--assert",
        "dev\\.slablab\\.(spl|linux)<=5", "--assert", "Slow>=50");
    assertEquals("", err.toString());
    assertEquals(1, status, "the last one is wrong");
    List<String> verdicts = out.toString().lines().filter(line -> line.matches("(ok|broken) .*")).toList();
    assertEquals(3, verdicts.size());
    assertTrue(verdicts.get(0).startsWith("ok ") && verdicts.get(1).startsWith("ok ")
        && verdicts.get(2).startsWith("broken "), out::toString);
    String html = Files.readString(to.resolve("flame.html"));
    assertTrue(html.contains("<canvas") && html.contains("Peers.pair, cpu"), "a flame graph");
    Stacks collapsed = Stacks.read(to.resolve("collapsed.txt"));
    assertTrue(collapsed.total > 200, "samples = " + collapsed.total);
    try (Stream<Path> files = Files.list(to)) {
      for (Path file : files.toList()) {
        assertFalse(Files.readString(file).contains(folder.toString()), file + " names a folder of this machine");
      }
    }
    String report = Files.readString(to.resolve("profile.txt"));
    assertTrue(report.startsWith("java -jar benchmarks.jar profile Peers.pair -p subject=SLABLAB "), report);
    assertTrue(report.contains(" --out DIR --assert 'KmemCache\\.(alloc|free)>=60' --assert "),
        "for a shell: " + report);
  }

  /**
   * Magazines of two, no depot, four threads: refills and flushes wait for the list lock, as profiles/README.md says.
   */
  @Test
  void aContendedLockHasSamples() throws IOException {
    String problem = Flame.problem("lock");
    assumeTrue(problem == null, problem);
    String command = Files.readAllLines(Path.of("..", "profiles", "README.md")).stream()
        .filter(line -> line.contains(" --event lock ")).findFirst().orElseThrow();
    Path to = folder.resolve("lock");
    List<String> words = new ArrayList<>(List.of(command.replaceFirst(".*benchmarks.jar ", "")
        .replace("DIR", to.toString()).split(" ")));
    words.addAll(List.of("-wi", "1", "-w", "200ms", "-i", "1", "-r", "1s"));
    assertEquals(0, run(words.toArray(String[]::new)), () -> err + " " + out);
    Stacks collapsed = Stacks.read(to.resolve("collapsed.txt"));
    long waited = collapsed.lines().stream().filter(line -> line.contains("spl.Exchange.lock"))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1))).sum();
    assertTrue(waited > 0, () -> "nobody waited for it: " + collapsed.lines());
    assertTrue(Files.readString(to.resolve("flame.html")).contains("MagazineSize.bursts, lock"));
  }

  @Test
  void anEventThatIsNotThereIsOneLine() {
    assumeTrue(Flame.problem("cpu") == null, "no profiler here");
    List<String> words = new ArrayList<>(List.of("profile", "Peers.pair", "--event", "nosuch", "--out", "never"));
    assertEquals(2, run(words.toArray(String[]::new)));
    assertTrue(err.toString().startsWith("slablab: --event = nosuch: is not to be had on this "), err::toString);
    assertEquals(1, err.toString().lines().count());
    assertFalse(Files.exists(Path.of("never")));
  }

  private int run(String... args) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
