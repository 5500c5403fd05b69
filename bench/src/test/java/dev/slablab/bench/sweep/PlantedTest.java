package dev.slablab.bench.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Does a sweep find what is there, and nothing else? Simulated sweeps whose truth is known, with the noise of the
 * published runs on two shared cores: forks differ by 1.5 %, the machine as a whole drifts by 10 % from round to round,
 * and one fork in twelve is disturbed and takes up to a third longer (exponential, 10 % in the mean).
 *
 * <p>Found in 120 sweeps: with 8 rounds 0 of 480 equal cells called different and 99 of 120 slowdowns of a tenth found
 * (83 %), the others undecided; with 15 rounds 0 of 480 and 116 of 120 (97 %).
 */
class PlantedTest {
  private static final int SWEEPS = 120;
  private static final String QUESTION = "Floor.planted pairs/size=1000/64,1000/65,1100/64,1000/66,1000/67,1000/68";

  /** With eight rounds, and an A/A, four more equal cells and a slowdown of a tenth in each sweep. */
  @Test
  void aTenthIsFoundAndAnAaIsNot() {
    Map<String, Integer> verdicts = simulate(8);
    int wrong = verdicts.getOrDefault("equal faster", 0) + verdicts.getOrDefault("equal slower", 0);
    int found = verdicts.getOrDefault("planted slower", 0);
    assertTrue(wrong <= 0.05 * SWEEPS, () -> "equal cells called different, of four a sweep: " + verdicts);
    assertEquals(0, verdicts.getOrDefault("planted faster", 0) + verdicts.getOrDefault("planted same", 0));
    assertTrue(found >= 0.8 * SWEEPS, () -> "planted slowdowns found: " + verdicts);
  }

  private static Map<String, Integer> simulate(int rounds) {
    Plan plan = Grid.of(QUESTION).plan("planted").with(rounds, 1, 10);
    Random random = new Random(20261122);
    Map<String, Integer> verdicts = new HashMap<>();
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      List<Fork> forks = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        double machine = Math.exp(0.1 * random.nextGaussian());
        for (Cell cell : plan.cells()) {
          double disturbed = random.nextInt(12) == 0 ? -0.1 * Math.log(1 - random.nextDouble()) : 0;
          double ns = machine * Math.exp(0.015 * random.nextGaussian() + Math.min(0.3, disturbed));
          forks.add(FakeForks.fork(cell, round, 0, planted(cell) ? 1.1 * ns : ns));
        }
      }
      for (Summary.Row row : new Summary(plan, forks).rows()) {
        if (row.cell().role() == Cell.Role.SUBJECT) {
          verdicts.merge((planted(row.cell()) ? "planted " : "equal ") + row.verdict(), 1, Integer::sum);
        }
      }
    }
    return verdicts;
  }

  private static boolean planted(Cell cell) {
    return cell.subject().contains("1100");
  }
}
