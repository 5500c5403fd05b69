package dev.slablab.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.slablab.bench.Main;
import dev.slablab.bench.subject.SubjectKind;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The two commands from their arguments to their files. */
class ReplayCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private static final Job JOB = new Job(Job.Source.TRACE, "", 0, 1, false, 0, 1, 0);

  @TempDir private Path folder;

  private int run(String... args) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "replay                                  | TRACE: is missing, must be a file or a shipped trace",
    "replay nosuch                           | trace = nosuch: is no file that can be read, and none of the shipped",
    "replay src                              | trace = src: is a folder",
    "replay pom.xml                          | trace = pom.xml, line 1: thread = <?xml: must be a number and a colon",
    "replay git --ordered --concurrent       | --ordered and --concurrent: must not both be given",
    "replay git --passes 0                   | --passes = 0: must be 1..1000",
    "replay git --rounds 0                   | --rounds = 0: must be 1..1000",
    "replay git --subjects FOO               | subject = FOO: must be one of [SLABLAB, SLABLAB_LINUX, HEAP, ",
    "replay git --sort q                     | --sort = q: must be a letter of abclvnopsu",
    "replay git --sort oo                    | --sort = oo: must be [abclvnopsu]",
    "replay git --sort n                     | --sort = n: must be a letter of abclvnopsu, and go with --slabtop",
    "replay git --slabtop=x                  | --slabtop",
    "replay git --out pom.xml                | --out = pom.xml: must be an empty folder",
    "replay git --nosuch                     | argument = --nosuch: unknown here; see replay --help",
    "footprint                               | TRACE, --burst, --distribution: must be exactly one of them, not 0",
    "footprint git --burst                   | TRACE, --burst, --distribution: must be exactly one of them, not 2",
    "footprint --burst --live-bytes 0        | --live-bytes = 0: must be 1..1048576",
    "footprint --burst --idle -1             | --idle = -1: must be 0..3600",
    "footprint --burst --live-bytes 1048576  | --live-bytes = 1048576: must be at most half of the memory",
    "footprint --distribution nosuch         | --distribution = nosuch: must be a file",
    "footprint --distribution pom.xml        | --distribution = pom.xml, line 1: must be three numbers"})
  void badInputIsOneLineAndStatus2(String line, String message) {
    assertEquals(2, run(line.strip().split(" +")), err::toString);
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().startsWith("slablab: ") && err.toString().contains(message.strip()), err::toString);
    assertEquals("", out.toString());
  }

  @Test
  void shippedTracesAreListed() {
    assertEquals(0, run("replay", "--list"));
    assertEquals(TraceReader.SHIPPED, out.toString().lines().toList());
  }

  private static List<String> available() {
    List<String> subjects = new ArrayList<>(List.of("SLABLAB"));
    try {
      SubjectKind.MIMALLOC.checkAvailable();
      subjects.add("MIMALLOC");
    } catch (IllegalArgumentException e) {
      subjects.add("NATIVE_MALLOC");
    }
    return subjects;
  }

  @Test
  void aReplayFromTraceToFiles() throws IOException {
    Path trace = Files.writeString(folder.resolve("trace"), TraceReaderTest.ALL_VERBS);
    Path files = folder.resolve("out");
    List<String> subjects = available();
    assertEquals(0, run("replay", trace.toString(), "--concurrent", "--subjects", String.join(",", subjects),
        "--passes", "2", "--warm-up", "1", "--out", files.toString()), err::toString);
    List<JsonObject> forks = Files.readAllLines(files.resolve("results.jsonl")).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    assertEquals(4, forks.size(), "time and memory of two subjects");
    for (JsonObject fork : forks) {
      assertFalse(fork.has("error"), fork::toString);
      assertTrue(subjects.contains(fork.get("subject").getAsString()));
      if (fork.get("memory").getAsBoolean()) {
        assertTrue(fork.get("peakLive").getAsLong() >= 70_000, fork::toString); // its order is free
        assertTrue(fork.get("peakResident").getAsLong() >= 70_000, fork::toString);
      } else {
        assertEquals(2, fork.getAsJsonArray("passes").size());
        assertTrue(fork.get("nsPerOp").getAsDouble() > 0);
        assertEquals(8, fork.getAsJsonArray("classes").asList().stream()
            .mapToLong(row -> row.getAsJsonArray().get(1).getAsLong()).sum());
      }
    }
    for (String name : List.of("summary.md", "samples.csv", "env.json", "command.txt")) {
      assertTrue(Files.size(files.resolve(name)) > 0, name);
    }
    for (String word : List.of("10 operations, 3 threads, concurrent; 8 blocks, 2 freed by another thread, 4 left",
        "Waste of SLABLAB", "ns/operation", "resident/live mean")) {
      assertTrue(out.toString().contains(word), () -> word + " in " + out);
    }
  }

  /** Most is live behind line 5; the largest block is a page run, no object of a cache. */
  @Test
  void theTableOfSlabtopShowsThePeak() throws IOException {
    Path trace = Files.writeString(folder.resolve("trace"), """
        1: malloc 0x10 100
        1: malloc 0x20 70
        1: free 0x20
        2: malloc 0x30 80000
        1: malloc 0x40 100
        2: free 0x30
        1: free 0x10
        """);
    assertEquals(0, run("replay", trace.toString(), "--slabtop", "--sort", "n", "--passes", "1", "--warm-up", "0"),
        err::toString);
    List<String> lines = out.toString().lines().toList();
    assertTrue(lines.getFirst().contains("trace on SLABLAB behind line 5, 80,200 bytes live; beside these caches 1 page"
        + " runs, 80K"), lines.getFirst());
    assertTrue(lines.get(1).startsWith(" Active / Total Objects (% used)    : "), lines.get(1));
    assertTrue(lines.get(7).startsWith("  OBJS ACTIVE  USE"), lines.get(7));
    List<String> names = lines.stream().filter(line -> line.contains("K kmalloc-"))
        .map(line -> line.substring(55).strip()).toList();
    assertEquals(List.of("kmalloc-104", "kmalloc-72"),
        names.stream().filter(name -> !name.equals("kmalloc-8")).toList());
  }

  @Test
  void aForkThatFailsSaysWhy() throws IOException {
    Trace.Builder builder = new Trace.Builder();
    int thread = builder.newThread();
    int block = builder.alloc(thread, Trace.MALLOC, 8, -1, 1);
    builder.free(thread, block, 2);
    builder.free(thread, block, 3);
    JsonObject result = fork(builder.build("twice"), SubjectKind.HEAP, 300);
    assertTrue(result.get("error").getAsString().startsWith("trace = twice, line 3: "), result::toString);
  }

  /** On a terminal both are one text. */
  @Test
  void theFailureIsToldBehindTheReport() throws IOException {
    Path trace = Files.writeString(folder.resolve("trace"), "1: malloc 0x10 100\n");
    String classes = System.getProperty("java.class.path");
    System.setProperty("java.class.path", folder.toString());
    try {
      assertEquals(2, Main.run(new PrintWriter(new BufferedWriter(out)), new PrintWriter(out, true), "replay",
          trace.toString(), "--subjects", "SLABLAB"));
    } finally {
      System.setProperty("java.class.path", classes);
    }
    String last = out.toString().lines().reduce("", (_, line) -> line);
    assertTrue(out.toString().contains("trace: 1 operations, "), out::toString);
    assertTrue(last.startsWith("slablab: failed forks = 2 of 2"), out::toString);
  }

  @Test
  void aForkThatHangsIsEnded() throws IOException {
    JsonObject result = fork(Synthetic.tiny(), SubjectKind.SLABLAB, 0);
    assertTrue(result.get("error").getAsString().startsWith("the fork was silent for 0 s"), result::toString);
  }

  @Test
  void aForkForMemorySpeaks() throws IOException {
    Trace tiny = Synthetic.tiny();
    List<String> said = new ArrayList<>();
    JsonObject result = ForkProcess.run(ForkProcess.command(JOB, tiny, SubjectKind.NETTY_ADAPTIVE, true,
        ForkProcess.save(tiny)), said::add, 300);
    assertEquals(List.of("without an allocator", "replaying", "idle"), said);
    assertTrue(result.has("nettyUnsafe"), result::toString);
  }

  private JsonObject fork(Trace trace, SubjectKind subject, long seconds) throws IOException {
    return ForkProcess.run(ForkProcess.command(JOB, trace, subject, false, ForkProcess.save(trace)), any -> { },
        seconds);
  }

  @Test
  void aBurstComesBack() throws IOException {
    Path files = folder.resolve("out");
    assertEquals(0, run("footprint", "--burst", "--live-bytes", "2", "--out", files.toString()), err::toString);
    JsonObject fork = JsonParser.parseString(Files.readString(files.resolve("results.jsonl"))).getAsJsonObject();
    assertEquals(2 << 20, fork.get("peakLive").getAsLong());
    assertTrue(fork.get("peakResident").getAsLong() >= fork.get("peakLive").getAsLong() / 2, fork::toString);
    assertTrue(fork.get("residentAfterReap").getAsLong() < fork.get("peakResident").getAsLong() / 2, fork::toString);
  }
}
