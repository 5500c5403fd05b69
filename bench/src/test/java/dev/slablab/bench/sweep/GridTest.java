package dev.slablab.bench.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.bench.Main;
import dev.slablab.bench.sweep.Cell.Role;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.runner.RunnerException;

/** From words to cells; and the presets, every cell of which is run. */
class GridTest {
  @TempDir private Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"1,2,4..64 | 1,2,4,8,16,32,64", "4..70 | 4,8,16,32,64", "1..9+2 | 1,3,5,7,9",
      "0,8..8 | 0,8", "5,5,5 | 5", "a..b | a..b"})
  void listsAndRanges(String text, String values) {
    Map<String, List<String>> dimensions = new HashMap<>();
    Grid.add(dimensions, "x=" + text);
    assertEquals(List.of(values.split(",")), dimensions.get("x"));
  }

  @Test
  void theFirstWithSeveralValuesIsComparedTheOthersMakeGroups() {
    List<Cell> cells = Grid.of("MagazineSize size=1024 spl_kmem_cache_magazine_size=0,2,8 burst=8,64 threads=1,2")
        .cells("");
    assertEquals(12, cells.size());
    assertEquals(4, cells.stream().map(Cell::group).distinct().count());
    for (Cell cell : cells) {
      assertEquals(cell.config().params().get("spl_kmem_cache_magazine_size").equals("0") 
          ? Role.BASELINE : Role.SUBJECT, cell.role());
      assertEquals(cell.group().contains("threads=2") ? 2 : 1, cell.config().threads());
      assertTrue(cell.group().contains("burst=" + cell.config().params().get("burst")));
    }
  }

  @Test
  void collectorsAndBenchmarksAreDimensionsToo() {
    List<Cell> cells = Grid.of("LiveSet.slabBuf,LiveSet.nettyAdaptive mixture=WEB_SOCKET live=128 jvm=-XX:+UseSerialGC")
        .cells("");
    assertEquals(List.of("slabBuf", "nettyAdaptive"), cells.stream().map(Cell::subject).toList());
    assertEquals(List.of("-XX:+UseSerialGC"), cells.getFirst().config().jvmArgs());
    List<Cell> collectors = Grid.of("Peers subject/jvm=SLABLAB/-XX:+UseG1GC,HEAP/-XX:+UseZGC size=64").cells("");
    assertEquals("HEAP", collectors.getLast().config().params().get("subject"));
    assertEquals(List.of("-XX:+UseZGC"), collectors.getLast().config().jvmArgs());
    assertEquals(1, collectors.stream().map(Cell::group).distinct().count());
  }

  /** As JMH does: all of a benchmark's own values, but a parameter that is not asked for is never what is compared. */
  @Test
  void ownValuesAreUsedWhereNoneAreGiven() {
    List<Cell> cells = Grid.of("Peers subject=SLABLAB,HEAP").cells("");
    assertEquals(Set.of("64", "1024", "16384", "65536", "1048576"),
        cells.stream().map(cell -> cell.config().params().get("size")).collect(Collectors.toSet()));
    assertEquals(10, cells.size());
  }

  @Test
  void aDryRunRunsNothing() {
    String folder = temp.resolve("dry").toString();
    assertEquals(0, lab("sweep", "Peers", "--param", "subject=SLABLAB,HEAP", "--param", "size=64..256", "--rounds", "5",
        "--dry-run", "--out", folder), err::toString);
    assertFalse(Files.exists(Path.of(folder)));
    assertTrue(out.toString().contains("10 cells × 5 rounds = 50 forks, ETA about 2:15"), out::toString);
    assertEquals(3, out.toString().lines().filter(line -> line.startsWith("control ")).count(), out::toString);
    assertEquals(0, lab("sweep", "--list"));
    Preset.ALL.forEach(preset -> assertTrue(out.toString().contains(preset.name() + " ")));
  }

  @Test
  void cellsThatCannotBeToldApartAreRefused() {
    Cell cell = Cell.drift();
    assertThrows(IllegalArgumentException.class, () -> new Plan("", "", List.of(cell, cell), List.of(), 8, 1, 1));
  }

  static Stream<Preset> presets() {
    return Preset.ALL.stream();
  }

  @ParameterizedTest
  @MethodSource("presets")
  void aPresetIsSmallHasBaselinesAndControls(Preset preset) {
    List<Cell> cells = preset.plan().cells();
    assertTrue(cells.size() <= Preset.MOST, () -> preset.name() + " has " + cells.size() + " cells");
    Map<String, List<Cell>> groups = cells.stream().collect(Collectors.groupingBy(Cell::group));
    assertEquals(1, groups.remove("control").size());
    groups.forEach((group, all) -> {
      assertEquals(1, all.stream().filter(cell -> cell.role() == Role.BASELINE).count(), group);
      assertEquals(1, all.stream().filter(cell -> cell.role() == Role.CONTROL).count(), group);
      assertEquals(all.size() - 1, new HashSet<>(all.stream().map(Cell::config).toList()).size(), group);
      assertTrue(all.size() > 2, group);
    });
    assertTrue(preset.question().endsWith("?"));
    assertEquals(0, lab("sweep", preset.name(), "--dry-run"), err::toString);
    assertTrue(out.toString().contains(cells.size() + " cells × 8 rounds = " + 8 * cells.size() + " forks"),
        out::toString);
  }

  /** One round of every cell with tiny iterations, in this JVM: time, memory where it is told, and files that agree. */
  @ParameterizedTest
  @MethodSource("presets")
  void aPresetRuns(Preset preset) throws IOException, RunnerException {
    Plan plan = preset.plan().with(1, 1, 2);
    RunFolder folder = new RunFolder(temp.resolve(preset.name()), "", plan);
    assertEquals(0, new Sweep(folder, new JmhForks(folder, plan.millis(), 0), 0, new PrintWriter(out, true),
        new PrintWriter(err, true)).run(), err::toString);
    List<Fork> forks = folder.forks();
    assertEquals(plan.cells().size(), forks.size());
    for (Fork fork : forks) {
      assertTrue(fork.value() != null && fork.value() > 0, fork::toString);
      boolean told = fork.cell().config().params().getOrDefault("subject", "").equals("SLABLAB")
          && !fork.cell().config().benchmark().startsWith("Contention") // its threads come and go
          || fork.cell().config().benchmark().equals("LiveSet.slabBuf");
      assertTrue(!told || fork.values().getOrDefault("mem.held.per.live", 0.0) >= 1, fork::toString);
      assertTrue(!fork.cell().config().benchmark().startsWith("Contention")
          || fork.values().getOrDefault("fairness", 0.0) >= 1, fork::toString);
      fork.values().keySet().forEach(name -> Benchmarks.checkMetric(fork.cell().config().benchmark(), name));
      assertEquals(plan.cells().get(plan.cells().indexOf(fork.cell())), fork.cell());
    }
    for (String metric : preset.also()) {
      assertTrue(forks.stream().anyMatch(fork -> fork.values().containsKey(metric)), metric);
    }
    assertTrue(out.toString().contains("every verdict is inconclusive"));
    assertEquals(plan.cells().size() + 1, Files.readAllLines(temp.resolve(preset.name() + "/summary.csv")).size());
  }

  private int lab(String... args) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
