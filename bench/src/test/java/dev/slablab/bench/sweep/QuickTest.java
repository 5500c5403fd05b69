package dev.slablab.bench.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.slablab.bench.Main;
import dev.slablab.bench.suite.Mixture;
import dev.slablab.bench.sweep.Cell.Role;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job, small: all files are there, can be read, and say the same. */
class QuickTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void filesAgree() throws IOException {
    assertEquals(0, quick("--workloads", "PAIR", "--subjects", "HEAP", "--sizes", "64"), err::toString);
    Map<String, JsonObject> forks = new HashMap<>();
    for (String line : Files.readAllLines(folder.resolve("results.jsonl"))) {
      JsonObject fork = JsonParser.parseString(line).getAsJsonObject();
      forks.put(fork.getAsJsonObject("cell").get("role").getAsString(), fork);
    }
    List<String> csv = Files.readAllLines(folder.resolve("summary.csv"));
    assertEquals(4, forks.size());
    assertEquals(5, csv.size());
    double baseline = forks.get("BASELINE").getAsJsonObject("values").get("score").getAsDouble();
    for (String line : csv.subList(1, 5)) {
      String[] cells = line.split(",", -1);
      double ns = forks.get(cells[0]).getAsJsonObject("values").get("score").getAsDouble();
      assertEquals(ns, Double.parseDouble(cells[3]));
      if (!cells[4].isEmpty()) {
        assertEquals(ns / baseline, Double.parseDouble(cells[4]), 1e-9);
      }
      assertTrue(out.toString().contains(cells[1]));
    }
    JsonArray jmh = JsonParser.parseString(Files.readString(folder.resolve("jmh.json"))).getAsJsonArray();
    assertEquals(3, jmh.size(), "baseline and control are one configuration");
    for (var one : jmh) {
      int raw = one.getAsJsonObject().getAsJsonObject("primaryMetric").getAsJsonArray("rawData").size();
      assertEquals(raw, one.getAsJsonObject().get("forks").getAsInt());
    }
    JsonObject environment = JsonParser.parseString(Files.readString(folder.resolve("env.json"))).getAsJsonObject();
    assertTrue(environment.has("nettyUnsafe") && environment.has("pageSource"));
    assertFalse(environment.toString().contains(System.getenv().getOrDefault("PATH", "no path")));
    assertTrue(Files.readString(folder.resolve("command.txt"))
        .startsWith("java -jar benchmarks.jar quick --workloads PAIR --subjects HEAP"));
    assertTrue(Files.readString(folder.resolve("summary.md")).contains("| pair 64 B | HEAP |"));
    assertTrue(out.toString().contains("every verdict is inconclusive"));
  }

  /** Each comparison has its own baseline, and memory beside time. */
  @Test
  void buffersAreComparedWithNettys() throws IOException {
    assertEquals(0, quick("--workloads", "LIVE,PAIR", "--live", "128", "--subjects", "SLABLAB", "--sizes", "64"),
        err::toString);
    List<String> csv = Files.readAllLines(folder.resolve("summary.csv"));
    assertEquals(1 + 2 * 3 + 2 + 1, csv.size());
    Map<String, Double> times = new HashMap<>();
    for (String line : csv.subList(1, csv.size())) {
      String[] cells = line.split(",", -1);
      times.putIfAbsent(cells[2] + " " + cells[1], Double.parseDouble(cells[3]));
      if (cells[2].endsWith(" 128")) {
        assertTrue(Double.parseDouble(cells[8]) >= 1, line);
      }
    }
    for (Mixture mixture : Mixture.values()) {
      for (String peer : List.of("nettyAdaptive")) {
        String line = csv.stream().filter(one -> one.contains(peer + "," + mixture)).findFirst().orElseThrow();
        assertEquals(times.get(mixture + " 128 " + peer) / times.get(mixture + " 128 slabBuf"),
            Double.parseDouble(line.split(",", -1)[4]), 1e-9);
      }
    }
    assertTrue(Files.readString(folder.resolve("results.jsonl")).contains("\"group\":\"WEB_SOCKET 128\""));
    assertTrue(csv.get(1).contains("WEB_SOCKET") && csv.getLast().contains("control"), "the headline first");
  }

  /** 50 MB objects fit in no slab: the forks fail, are told and kept, and the status says so. */
  @Test
  void failedForksAreRows() throws IOException {
    assertEquals(2, quick("--workloads", "PAIR", "--subjects", "SLABLAB", "--sizes", "50000000"));
    assertTrue(err.toString().contains("failed forks = 2 of 3"), err::toString);
    List<String> lines = Files.readAllLines(folder.resolve("results.jsonl"));
    assertEquals(3, lines.size());
    assertEquals(2, lines.stream().filter(line -> line.contains("\"error\":\"")).count());
    assertTrue(out.toString().contains("0 (1 failed)"), out::toString);
    assertTrue(Files.readString(folder.resolve("jmh.log")).contains("does not fit in a slab"));
  }

  @Test
  void roundsAreShuffledTheSameWayForASeed() {
    Plan plan = Grid.of("Peers subject=SLABLAB,HEAP,DIRECT size=64,1024").plan("test");
    assertEquals(9, plan.cells().size());
    assertEquals(new HashSet<>(plan.cells()), new HashSet<>(plan.round(3)));
    assertEquals(plan.round(3), plan.round(3));
    assertNotEquals(plan.round(3), plan.round(4));
  }

  @Test
  void ratiosAreTakenWithinARound() {
    Plan plan = Grid.of("Peers subject=SLABLAB,HEAP,DIRECT size=64").plan("test");
    List<Fork> forks = new ArrayList<>();
    for (int round = 0; round < 8; round++) {
      double machine = 1 + round; // the machine is slower every round, all alike
      for (Cell cell : plan.cells()) {
        double ns = switch (cell.subject()) {
          case "HEAP" -> 30;
          case "DIRECT" -> 10.2;
          default -> cell.role() == Role.CONTROL ? 10.1 : 10;
        };
        forks.add(FakeForks.fork(cell, round, 0, ns * machine));
      }
    }
    Map<String, String> verdicts = new HashMap<>();
    Summary summary = new Summary(plan, forks);
    for (Summary.Row row : summary.rows()) {
      verdicts.put(row.cell().subject() + row.cell().role(), row.verdict());
    }
    assertEquals("slower", verdicts.get("HEAPSUBJECT"));
    assertEquals("same", verdicts.get("DIRECTSUBJECT"));
    assertEquals(0.01, summary.noise("Peers.pair size=64"), 1e-9);
  }

  private int quick(String... more) {
    List<String> args = new ArrayList<>(List.of("quick"));
    args.addAll(List.of(more));
    args.addAll(List.of("--rounds", "1", "--iteration", "10", "--out", folder.toString()));
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args.toArray(String[]::new));
  }
}
