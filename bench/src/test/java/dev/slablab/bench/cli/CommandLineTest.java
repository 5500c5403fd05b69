package dev.slablab.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import dev.slablab.bench.Main;
import dev.slablab.spec.Tunable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.runner.RunnerException;

/** The command line as a user meets it: exit status, and what is said. */
class CommandLineTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "nosuch                               | word = nosuch: is no subcommand [quick, sweep, compare, goals, replay, "
          + "footprint, report, layout, profile, tunables, doctor] and",
      "Peers -p size=0                    | size = 0: must be a whole number from 1 to 67108864",
      "Peers -p size=1e9                  | size = 1e9: must be a whole number",
      "Peers -p subject=FOO               | subject = FOO: must be one of [SLABLAB, ",
      "Peers -p zeroed=maybe              | zeroed = maybe: must be true or false",
      "Peers -p nosuch=1                  | -p = nosuch: no such parameter of the benchmarks chosen; there are [",
      "Peers -pnosuch=1                   | -p = nosuch: no such parameter",
      "Peers -p range_size=64,0           | range_size = 0: must be 1..32768 GiB",
      "Peers -p memory_limit=x            | memory_limit = x: must be a whole number, optionally with K, M or G",
      "MagazineSize -p burst=3              | burst = 3: must be a power of two from 1 to 4096",
      "ProducerConsumer -p batch=0          | batch = 0: must be a power of two from 1 to 65536",
      "LiveSet -p live=100                  | live = 100: must be a power of two from 1 to 1048576",
      "LiveSet -p mixture=FOO               | mixture = FOO: must be one of [WEB_SOCKET, API_GATEWAY]",
      "Peers -e .*                        | -e = [.*]: leaves no benchmark",
      "Peers(                             | word = Peers(: must be a regular expression: Unclosed group",
      "Peers -o none/x.txt                | java.io.FileNotFoundException: none/x.txt",
      "Peers -prof nosuch                 | -lprof lists the profilers",
      "Peers -f many                      | Cannot parse argument 'many' of option f",
      "--nosuch                             | nosuch is not a recognized option",
      "quick --rounds 0                     | --rounds = 0: must be 1..1000",
      "quick --rounds many                  | --rounds = many: must be 1..1000",
      "quick --rounds                       | --rounds: a value is missing, must be 1..1000",
      "quick --sizes 64,x                   | --sizes = x: must be a whole number from 1 to",
      "quick --subjects FOO                 | subject = FOO: must be one of [SLABLAB, ",
      "quick --workloads FOO                | --workloads = FOO: must be LIVE|PAIR",
      "quick --live 1000                    | live = 1000: must be a power of two",
      "quick --nosuch                       | argument = --nosuch: unknown here; see quick --help",
      "quick --rounds 1 --out pom.xml       | --out = pom.xml: must be an empty folder, or one that does not exist",
      "quick --rounds 1 --out src           | --out = src: must be an empty folder, or one that does not exist",
      "sweep                                | PRESET|BENCHMARK: is missing; see sweep --list",
      "sweep nosuch                         | BENCHMARK = nosuch: matches no benchmark",
      "sweep Peers --param nosuch=1       | --param = nosuch: no such parameter of the benchmarks chosen; there are [",
      "sweep Peers --param size           | --param = size: must be NAME=VALUES",
      "sweep Peers --param size=0         | size = 0: must be a whole number from 1 to",
      "sweep Peers --param size=64..8     | size = 64..8: must be FROM..TO (each twice the one before) or "
          + "FROM..TO+STEP",
      "sweep Peers --param size=0..8      | size = 0..8: must be FROM..TO",
      "sweep Peers --param size=1..9999+1 | size = 1..9999+1: must be FROM..TO",
      "sweep Peers --param range_size=0   | range_size = 0: must be 1..32768 GiB",
      "sweep Peers --param size/burst=1   | size/burst=1: must be 2 values with / between",
      "sweep Peers --threads 0            | threads = 0: must be a whole number from 1 to",
      "sweep Floor --rounds 0               | --rounds = 0: must be 1..1000",
      "sweep Floor --iteration 0            | --iteration = 0: must be 1..60000",
      "sweep Floor --budget -1              | --budget = -1: must be 0..86400",
      "sweep Floor --out src                | --out = src: must be an empty folder, or one that does not exist",
      "sweep Floor --budget -1 --dry-run    | --budget = -1: must be 0..86400",
      "sweep Floor --rounds 0 --dry-run     | --rounds = 0: must be 1..1000",
      "sweep Floor --threads 0 --dry-run    | threads = 0: must be a whole number from 1 to",
      "sweep Floor --param size=x --dry-run | size = x: must be a whole number from 1 to",
      "sweep Floor --out src --dry-run      | --out = src: must be an empty folder, or one that does not exist",
      "sweep Floor --metric nope --dry-run  | --metric = nope: must be what Floor.casLocked may tell, of [",
      "sweep Floor --metric grow_p99 --dry-run | --metric = grow_p99: must be what Floor.casLocked may tell, of [",
      "sweep Floor --metric allocHere --dry-run | --metric = allocHere: must be what Floor.casLocked may tell, of [",
      "sweep Floor --out pom.xml/x --dry-run | --out = pom.xml/x: must be an empty folder, or one that does not exist,"
          + " where this user may write",
      "sweep Floor --out /dev/null --dry-run | --out = /dev/null: must be an empty folder, or one that does not exist",
      "sweep Peers --param size=64 --jvm-args=--nope --dry-run | --jvm-args = --nope: must be arguments with which"
          + " a fork's JVM starts; it says: Unrecognized option: --nope",
      "sweep Peers --param size=64 --jvm-args=-Xmx256m --dry-run | --jvm-args = -Xmx256m: must be arguments with which"
          + " a fork's JVM starts; it says: Error occurred during initialization of VM Initial"
          + " heap size set to a larger value than the maximum heap size",
      "sweep Peers --param size=64 --dry-run --jvm-args=-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=0"
          + " | it says: Listening for transport dt_socket at address: ",
      "sweep , --dry-run                    | BENCHMARK = : matches no benchmark",
      "sweep --resume src --rounds 9        | --rounds: does not go with --resume alone",
      "sweep --resume src --param a=1       | --param: does not go with --resume alone",
      "sweep Floor --resume src --out x     | --out: does not go with --resume, which",
      "sweep Traces --metric x              | BENCHMARK = Traces: matches no benchmark (-l lists them); it is a "
          + "preset, which",
      "sweep Peers( --dry-run               | word = Peers(: must be a regular expression: ",
      "sweep ProducerConsumer --threads 2 --dry-run | threads = 2: must be 1, since ProducerConsumer.handOver has "
          + "groups",
      "sweep Peers --param generation=0,1 --param slab_decay=1000,0 | slab_decay = 1000: counts as not set, so with "
          + "generation = 1",
      "Peers -p generation=1 -p slab_decay=0,1000 | slab_decay = 1000: counts as not set, so with generation = 1",
      "Peers -p slab_decay=1000 -p generation=0,1 | slab_decay = 1000: counts as not set, so with generation = 1",
      "sweep --resume src                   | DIR = src: must be the folder of a sweep, with its plan.json",
      "compare src src                      | DIR = src: must be the folder of a sweep",
      "compare src                          | B: is missing; see compare --help",
      "profile                              | BENCH: is missing; see profile --help",
      "profile Peers                      | --out: a value is missing, must be DIR",
      "profile nosuch --out never           | word = nosuch: is no subcommand",
      "profile LiveSet --out never          | BENCH = [LiveSet]: must name one benchmark, not "
          + "[dev.slablab.bench.suite.LiveSet.",
      "profile Peers --assert x --out n   | --assert = x: must be REGEX>=PERCENT or REGEX<=PERCENT",
      "profile Peers -p size=1,2 --out n  | -p = size: must have one value; --diff compares several",
      "profile Peers -p size=0 --out n    | size = 0: must be a whole number from 1 to",
      "profile Peers --diff a=1,2 --out n | --diff = a=1,2: must be NAME=A,B, with a parameter of [",
      "profile Peers --diff size --out n  | --diff = size: must be NAME=A,B, with a parameter of [",
      "profile Peers --diff size=1,x --out n | size = x: must be a whole number",
      "profile Peers --nosuch --out n     | nosuch is not a recognized option; see profile --help",
      "layout x                             | argument = x: unknown here; see layout --help",
      "tunables x                           | argument = x: unknown here; see tunables --help",
      "tunables --json --markdown           | slablab: --json and --markdown: must not both be given",
      "Growth -p construct=x                | construct = x: must be NONE, PER_ALLOCATION or PER_SLAB",
      "Contention -p workers=0              | workers = 0: must be a whole number from 1 to 1024",
      "Growth -p pages=x                    | pages = x: must be one of [PROMPT, SLOW, STALLED]",
      "report ../results/liveset/2026-11-22-epyc2-f615734 --svg x | --svg: nothing here is compared with a baseline",
      "report ../results/liveset/2026-11-22-epyc2-f615734 --baseline x | --baseline = x: must be one of [control, "
          + "nativeBuf, ",
      "report ../results/liveset/2026-11-22-epyc2-f615734 --out src | file = src: ",
      "report                               | DIR: is missing; see report --help",
      "report nosuch                        | DIR = nosuch: must be a folder of results, with results.jsonl in it",
      "report src/main                      | DIR = src/main: must be a folder of results",
      "doctor --fast                        | argument = --fast: unknown here; see doctor --help"})
  void badInputIsOneLineAndStatus2(String line, String message) {
    assertEquals(2, run(line.strip().split(" ")), err::toString);
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().startsWith("slablab: ") && err.toString().contains(message.strip()), err::toString);
    assertEquals("", out.toString());
  }

  @Test
  void aFileIsNamedWithWhatIsWrong(@TempDir Path temp) throws IOException {
    Files.writeString(temp.resolve("results.jsonl"), "{\"round\":0,\"subject\":\"SLABLAB\",\"nsPerOp\":12.5}\n");
    assertEquals(2, run("report", temp.toString(), "--out", temp.resolve("none/x.html").toString()));
    assertEquals("slablab: file = " + temp.resolve("none/x.html") + ": is not there, or its folder is not",
        err.toString().strip());
  }

  @Test
  void aDamagedFolderOfResultsIsOneLine(@TempDir Path temp) throws IOException {
    Path run = Path.of("..", "results", "limit", "2026-11-22-epyc2-6bd1b88");
    for (String name : List.of("plan.json", "env.json", "results.jsonl")) {
      Files.copy(run.resolve(name), temp.resolve(name));
    }
    List<String> lines = new ArrayList<>(Files.readAllLines(temp.resolve("results.jsonl")));
    for (String damage : List.of("garbage", "{\"round\": 0,", "7")) {
      lines.set(2, damage);
      Files.write(temp.resolve("results.jsonl"), lines);
      err.getBuffer().setLength(0);
      assertEquals(2, run("compare", temp.toString(), temp.toString()));
      assertEquals(1, err.toString().lines().count(), err::toString);
      assertTrue(err.toString().contains("line 3: round = null: must be a whole number; restore"), err::toString);
    }
    Files.writeString(temp.resolve("plan.json"), "{\"name\": ");
    assertEquals(0, run("report", temp.toString()), err::toString);
    assertTrue(Files.readString(temp.resolve("report.html")).contains("plan.json cannot be read"));
  }

  /** Two forks at most: the control's, which has its own metric, and the first that has not this one. */
  @Test
  void aMetricThatIsNotToldIsOneLineAtOnce(@TempDir Path temp) throws IOException {
    assertEquals(2, run("sweep", "Floor.ring,Floor.monitor", "--metric", "slab.refills.norm", "--rounds", "1",
        "--iteration", "1", "--out", temp.toString()));
    assertTrue(err.toString().contains("slablab: metric = slab.refills.norm: the benchmark does not tell it; it tells"
        + " ["), err::toString);
    Path results = temp.resolve("results.jsonl");
    assertTrue(!Files.exists(results) || Files.readAllLines(results).size() <= 1);
  }

  /** Forks may write files where they run, a dry run may not. */
  @ParameterizedTest
  @ValueSource(strings = {"sweep Peers --param size=64 --jvm-args=-Xlog:gc:gc-dry.log --dry-run",
      "sweep Peers --param size=64 --jvm-args=-Xmx768m --dry-run",
      "sweep ProducerConsumer --metric freeThere --out nosuch/x --dry-run"})
  void aDryRunLeavesNothing(String line) {
    assertEquals(0, run(line.split(" ")), err::toString);
    assertFalse(Files.exists(Path.of("gc-dry.log")) || Files.exists(Path.of("nosuch")));
  }

  @Test
  void aDryRunFindsFilesByRelativePathsAsForksDo() throws IOException {
    Path flags = Files.writeString(Files.createTempFile(Path.of("target"), "jvm", ".flags"), "+UseSerialGC\n");
    String args = "--jvm-args=-XX:Flags=" + flags;
    assertEquals(0, run("sweep", "Peers", "--param", "size=64", args, "--dry-run"), err::toString);
    Files.delete(flags);
    assertEquals(2, run("sweep", "Peers", "--param", "size=64", args, "--dry-run"));
    assertTrue(err.toString().contains(flags.getFileName().toString()), err::toString);
  }

  /** The commands in the README's tables, as far as they name no folder. */
  @Test
  void theReadmesSweepsAndGoalsAreLegal() throws IOException {
    List<String> spans = Files.readAllLines(Path.of("..", "README.md")).stream().filter(line -> line.startsWith("|"))
        .flatMap(line -> Pattern.compile("`((?:sweep|goals) [^`]+)`").matcher(line).results())
        .map(span -> span.group(1)).filter(span -> !span.contains("DIR")).toList();
    assertTrue(spans.stream().filter(span -> span.startsWith("sweep")).count() >= 4, spans::toString);
    assertTrue(spans.stream().anyMatch(span -> span.startsWith("goals")), spans::toString);
    for (String span : spans) {
      assertEquals(0, run((span.replace(" --dry-run", "") + " --dry-run").split(" ")), () -> span + ": " + err);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--help", "quick --help", "sweep --help", "compare --help", "goals --help",
      "tunables --help", "doctor --help", "replay --help", "footprint --help",
      "report --help", "layout --help", "profile --help"})
  void helpIsToBeHad(String line) {
    assertEquals(0, run(line.isEmpty() ? new String[0] : line.split(" ")));
    assertTrue(out.toString().contains("Usage: "), out::toString);
    assertEquals("", err.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-h", "-l", "-lp Peers", "-lprof", "-lrf"})
  void jmhListsGoThrough(String line) {
    assertEquals(0, run(line.split(" ")), err::toString);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "slablab.slab_decay | x  | slab_decay = x: must be a whole number",
      "slablab.slab_decay | -1 | slab_decay = -1: must be 0..3600000 ms",
      "slablab.slab_deca  | 1  | slab_deca"})
  void tunablesSaysWhatIsWrongWithAProperty(String property, String value, String message) {
    System.setProperty(property, value);
    try {
      assertEquals(2, run("tunables"));
      assertTrue(err.toString().startsWith("slablab: ") && err.toString().contains(message), err.toString());
      assertEquals(1, err.toString().lines().count());
      assertEquals("", out.toString());
    } finally {
      System.clearProperty(property);
    }
  }

  @Test
  void tunablesInThreeForms() {
    assertEquals(0, run("tunables"));
    String table = out.toString();
    out.getBuffer().setLength(0);
    assertEquals(0, run("tunables", "--json"));
    JsonArray json = JsonParser.parseString(out.toString()).getAsJsonArray();
    out.getBuffer().setLength(0);
    assertEquals(0, run("tunables", "--markdown"));
    List<String> markdown = out.toString().lines().toList();
    assertEquals(Tunable.values().length, json.size());
    assertEquals(Tunable.values().length + 2, markdown.size());
    for (Tunable row : Tunable.values()) {
      assertTrue(table.contains(row.key()) && table.contains(row.up) && table.contains(row.down), row.key());
      assertEquals(row.key(), json.get(row.ordinal()).getAsJsonObject().get("name").getAsString());
      assertEquals(row.defaultValue, json.get(row.ordinal()).getAsJsonObject().get("default").getAsLong());
      assertTrue(markdown.get(row.ordinal() + 2).startsWith("| `" + row.key() + "` | " + row.defaultValue + " | "));
    }
  }

  @Test
  void doctorSaysOkOrWarnAndEndsWell() {
    assertEquals(0, run("doctor"));
    assertTrue(out.toString().lines().skip(1).allMatch(line -> line.startsWith("ok ") || line.startsWith("warn ")));
    for (String what : List.of("JDK", "cores", "page source", "placement", "native malloc", "Netty", "noise")) {
      assertTrue(out.toString().contains(what), what);
    }
  }

  /** In a fork of its own, as JMH keeps a failed state in its statics. */
  @Test
  void aFailedCellIsStatus2() {
    String cells = "Peers -p subject=SLABLAB,HEAP -p size=65536 -p memory_limit=64K -p alloc_timeout=0";
    assertEquals(2, run((cells + " -wi 0 -i 1 -r 10ms -f 1").split(" ")));
    assertTrue(err.toString().contains("failed cells = 1 of 2"), err::toString);
  }

  @Test
  void theLockIsExplained() {
    String message = Explain.of(new RunnerException("ERROR: Another JMH instance might be running. Unable to acquire"
        + " the JMH lock (/tmp/jmh.lock), exiting."));
    assertTrue(message.startsWith("another JMH run holds this machine's lock"), message);
  }

  private int run(String... args) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
