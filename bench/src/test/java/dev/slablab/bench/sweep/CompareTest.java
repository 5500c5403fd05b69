package dev.slablab.bench.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.bench.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two folders, and what the exit status says of them. */
class CompareTest {
  private static final String CELLS = "Peers subject=SLABLAB,HEAP size=64";

  @TempDir private Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void equalRunsAreTheSame() throws IOException {
    assertEquals(0, compare(make("a", CELLS, 8, 1, 0.002), make("b", CELLS, 8, 1, 0.002)), out::toString);
    assertEquals(2, out.toString().lines().filter(line -> line.contains(" same ")).count(), out::toString);
    assertEquals(2, out.toString().lines().filter(line -> line.contains(" control ")).count(), out::toString);
    assertTrue(out.toString().contains("The two runs were not interleaved"));
  }

  @Test
  void aRegressionIsStatus1() throws IOException {
    assertEquals(1, compare(make("a", CELLS, 8, 1, 0.01), make("b", CELLS, 8, 1.2, 0.01)), out::toString);
    assertTrue(out.toString().contains(" slower "), out::toString);
    out.getBuffer().setLength(0);
    assertEquals(0, compare(temp.resolve("b"), temp.resolve("a")), "an improvement is none");
    assertTrue(out.toString().contains(" faster "), out::toString);
  }

  /** An output that failed makes a 2 of a 0 alone. */
  @Test
  void aFailedOutputHidesNoRegression() throws IOException {
    Path before = make("a", CELLS, 8, 1, 0.01);
    Path after = make("b", CELLS, 8, 1.2, 0.01);
    PrintWriter full = new PrintWriter(out) {
      @Override
      public boolean checkError() {
        return true;
      }
    };
    assertEquals(1, Main.run(full, new PrintWriter(err, true), "compare", "" + before, "" + after));
    assertTrue(err.toString().startsWith("slablab: standard output: cannot be written"), err::toString);
    assertEquals(2, Main.run(full, new PrintWriter(err, true), "compare", "" + after, "" + before));
  }

  @Test
  void tooFewRoundsMuchNoiseAndMissingCellsAreInconclusive() throws IOException {
    Path whole = make("a", CELLS, 8, 1, 0.002);
    assertEquals(3, compare(whole, make("few", CELLS, 7, 1.5, 0.002)), out::toString);
    assertEquals(3, compare(whole, make("noisy", CELLS, 8, 1.03, 0.3)), out::toString);
    assertEquals(3, compare(whole, make("more", "Peers subject=SLABLAB,HEAP,DIRECT size=64", 8, 1, 0.002)));
    assertTrue(out.toString().contains("not measured in both runs: Peers.pair size=64: DIRECT"), out::toString);
  }

  @Test
  void runsWithoutACommonCellAreAnError() throws IOException {
    Path floor = make("floor", "Floor.confined,Floor.monitor", 8, 1, 0.01);
    assertEquals(3, compare(floor, make("pair", CELLS, 8, 1, 0.01)), "the drift control is in both");
    assertTrue(out.toString().contains("not measured in both runs: Floor: monitor"), out::toString);
    assertEquals(2, compare(floor, temp), "no run at all");
    assertTrue(err.toString().contains("must be the folder of a sweep"), err::toString);
  }

  @Test
  void whatARunNeverBeganIsMissing() throws IOException {
    Path whole = make("a", CELLS, 8, 1, 0.002);
    Path none = make("none", CELLS, 0, 1, 0.002);
    assertEquals(3, compare(none, none), out::toString);
    assertEquals(4, out.toString().lines().filter(line -> line.startsWith("not measured in both runs: ")).count());
    assertEquals(3, compare(whole, none), out::toString);
  }

  @Test
  void iterationsOfOtherLengthAreRefused() throws IOException {
    Path whole = make("a", CELLS, 8, 1, 0.002);
    Path plan = make("b", CELLS, 8, 1, 0.002).resolve("plan.json");
    Files.writeString(plan, Files.readString(plan).replace("\"millis\": 10", "\"millis\": 20"));
    assertEquals(2, compare(whole, temp.resolve("b")));
    assertTrue(err.toString().contains("--iteration = 10 in ") && err.toString().contains(": must be the same"),
        err::toString);
  }

  @Test
  void aTornPlanIsOneLine() throws IOException {
    Path plan = make("torn", CELLS, 8, 1, 0.002).resolve("plan.json");
    String text = Files.readString(plan);
    for (String other : new String[] {text.substring(0, text.length() / 2), "", "{}",
        text.replace("\"metric\"", "\"x\"")}) {
      Files.writeString(plan, other);
      err.getBuffer().setLength(0);
      assertEquals(2, compare(temp.resolve("torn"), temp.resolve("torn")));
      assertEquals(1, err.toString().lines().count(), err::toString);
      assertTrue(err.toString().contains("its plan.json is torn or of another version"), err::toString);
    }
  }

  private int compare(Path before, Path after) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), "compare", before.toString(),
        after.toString());
  }

  /** All but the controls take so many times as long. */
  private Path make(String name, String cells, int rounds, double factor, double noise) throws IOException {
    Plan plan = Grid.of(cells).plan(name).with(rounds, 1, 10);
    RunFolder folder = new RunFolder(temp.resolve(name), "", plan);
    Random random = new Random(name.hashCode());
    for (int round = 0; round < rounds; round++) {
      for (int order = 0; order < plan.cells().size(); order++) {
        Cell cell = plan.round(round).get(order);
        double ns = (cell.role() == Cell.Role.DRIFT ? 1 : 10 * factor) * Math.exp(noise * random.nextGaussian());
        folder.append(FakeForks.fork(cell, round, order, ns));
      }
    }
    return temp.resolve(name);
  }
}
