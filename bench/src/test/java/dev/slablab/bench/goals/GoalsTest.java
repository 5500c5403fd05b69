package dev.slablab.bench.goals;

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
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
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
        .collect(Collectors.toMap(entry -> entry.getUsername().replaceFirst(".*\\.(\\w+\\.\\w+)$", "$1"), entry -> entry));
    List<Cell> cells = Claim.all().stream().flatMap(Claim::terms).map(Cell.Term::cell).distinct().toList();
    assertTrue(cells.size() > 20);
    for (Cell cell : cells) {
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
      assertTrue(JsonParser.parseString(line).getAsJsonObject().get("score").getAsDouble() > 0, line);
    }
    assertTrue(out.toString().contains("inconclusive"), out::toString);
    assertTrue(Files.readString(folder.resolve("p2/summary.md")).contains("| P2 |"));
  }

  @Test
  void unknownGoalsAreErrors() {
    assertEquals(2, LabCommand.run(new PrintWriter(out), new PrintWriter(err), "goals", "P99", "--out",
        folder.toString()));
    assertTrue(err.toString().contains("GOAL = P99: must be one of [P1, P2"), err::toString);
  }
}
