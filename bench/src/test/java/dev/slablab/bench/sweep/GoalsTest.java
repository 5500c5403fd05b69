package dev.slablab.bench.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import dev.slablab.bench.cli.LabCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

class GoalsTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** A misspelt cell would only be noticed after an hour of forks. */
  @Test
  void everyCellIsABenchmarkWithItsParameters() {
    OutputFormat silent =
        OutputFormatFactory.createFormatInstance(new PrintStream(OutputStream.nullOutputStream()), VerboseMode.SILENT);
    Map<String, BenchmarkListEntry> all = BenchmarkList.defaultList().getAll(silent, List.of()).stream()
        .collect(Collectors.toMap(entry -> entry.getUsername().replaceFirst(".*\\.(\\w+\\.\\w+)$", "$1"),
            entry -> entry));
    List<Config> cells = Claim.all().stream().flatMap(Claim::terms).map(Config.Term::config).distinct().toList();
    assertTrue(cells.size() > 20);
    for (Config cell : cells) {
      assertTrue(all.containsKey(cell.benchmark()), cell::toString);
      assertTrue(all.get(cell.benchmark()).getParams().orElse(Map.of()).keySet().containsAll(cell.params().keySet()),
          cell::toString);
    }
  }

  @Test
  void aShortRunDecidesNothingAndSaysSo() throws IOException {
    int status = LabCommand.run(new PrintWriter(out), new PrintWriter(err), "goals", "P2", "--rounds", "1",
        "--iteration", "10", "--out", folder.resolve("p2").toString());
    assertEquals(3, status, err::toString);
    List<String> lines = Files.readAllLines(folder.resolve("p2/results.jsonl"));
    assertEquals(3, lines.size());
    for (String line : lines) {
      assertTrue(JsonParser.parseString(line).getAsJsonObject().getAsJsonObject("values").get("score")
          .getAsDouble() > 0, line);
    }
    assertTrue(out.toString().contains("inconclusive"), out::toString);
    assertTrue(Files.readString(folder.resolve("p2/summary.md")).contains("| P2 |"));
  }

  /** Each mixture and live set has its time and its memory decided, against Netty adaptive, by the design's limits. */
  @Test
  void theHeadlineIsAskedForEveryLiveSet() {
    List<Claim> all = Claim.all().stream().filter(claim -> claim.goal().equals("P6")).toList();
    for (String mixture : List.of("WEB_SOCKET", "API_GATEWAY")) {
      for (String live : List.of("128", "1024", "8192", "65536")) {
        Map<String, String> params = Map.of("mixture", mixture, "live", live);
        assertEquals(1, decided(all, params, "score", 0.5), params::toString);
        assertEquals(1, decided(all, params, "mem.held.per.live", 1), params::toString);
      }
      Map<String, String> params = Map.of("mixture", mixture, "live", "1024");
      Config mimalloc = new Config("LiveSet.nativeBuf", 1, params, List.of("-Dslablab.lab.malloc=libmimalloc.so.2"));
      assertEquals(1, all.stream().filter(claim -> claim.under().equals(List.of(mimalloc.score()))
          && claim.over().equals(List.of(new Config("LiveSet.slabBuf", 1, params, List.of()).score()))).count());
    }
    // per mixture: 4 live sets of two, and at 1024 twice two threads, pooled, the same handle over mimalloc, the driver
    assertEquals(2 * (4 * 2 + 5), all.stream().flatMap(Claim::terms).map(Config.Term::config).distinct().count());
  }

  private static long decided(List<Claim> all, Map<String, String> params, String metric, double limit) {
    return all.stream().filter(claim -> claim.limit() == limit
        && claim.over().equals(List.of(new Config("LiveSet.slabBuf", 1, params, List.of()).metric(metric)))
        && claim.under().equals(List.of(new Config("LiveSet.nettyAdaptive", 1, params, List.of()).metric(metric))))
        .count();
  }

  /** A metric that no fork yields would leave a claim without rounds. */
  @Test
  void memoryIsAMetricOfTheForks() throws IOException, RunnerException {
    Claim memory = Claim.all().stream().filter(claim -> claim.text().equals("WEB_SOCKET, 128 live: memory held per live"
        + " byte ÷ Netty adaptive")).findFirst().orElseThrow();
    Goals goals = new Goals(List.of("P6"), List.of(memory));
    Plan plan = goals.plan().with(1, 1, 10);
    RunFolder files = new RunFolder(folder.resolve("p6"), "", plan);
    List<Fork> forks = new ArrayList<>();
    for (Cell cell : plan.cells()) {
      forks.add(new JmhForks(files, plan.millis(), 1).run(cell, 0, forks.size()));
    }
    assertEquals(3, goals.show(plan, forks, files, new PrintWriter(out)), err::toString);
    assertTrue(out.toString().matches("(?s).*P6 .*\\[\\d.*inconclusive +1\\b.*"), out::toString);
  }

  @Test
  void unknownGoalsAreErrors() {
    assertEquals(2, LabCommand.run(new PrintWriter(out), new PrintWriter(err), "goals", "P99", "--out",
        folder.toString()));
    assertTrue(err.toString().contains("GOAL = P99: must be one of [P1, COST, P2"), err::toString);
  }
}
