package dev.slablab.bench.quick;

import dev.slablab.bench.subject.SubjectKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What to run.
 *
 * @param subjects the peers; the baseline is run in any case
 * @param sizes bytes of an object
 * @param rounds how often each cell is run
 * @param budgetSeconds no fork begins later, and no round that would probably end later; 0 = no limit
 * @param seed of the order within rounds and of the statistics
 * @param iterationMillis length of an iteration
 * @param out the folder of the results, empty or not there yet
 */
public record Plan(List<SubjectKind> subjects, List<Integer> sizes, int rounds, int budgetSeconds, long seed,
    int iterationMillis, Path out) {
  /** What all others are compared with. */
  public static final SubjectKind BASELINE = SubjectKind.SLABLAB;

  /** Why a cell is run. */
  public enum Role {
    /** What the others are compared with. */
    BASELINE,
    /** A subject in question. */
    SUBJECT,
    /** The baseline once more: its ratio is the noise floor. */
    CONTROL,
    /** A kernel without an allocator: its change over the rounds is the machine's drift. */
    DRIFT
  }

  /**
   * One configuration.
   *
   * @param role why
   * @param subject who allocates; a name only for DRIFT
   * @param size bytes of an object; 0 for DRIFT
   */
  public record Cell(Role role, String subject, int size) {}

  /** {@return all cells, the most important first} */
  List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    cells.add(new Cell(Role.DRIFT, "(no allocator)", 0));
    for (int size : sizes) {
      cells.add(new Cell(Role.BASELINE, BASELINE.name(), size));
      cells.add(new Cell(Role.CONTROL, BASELINE.name(), size));
      for (SubjectKind kind : subjects) {
        if (kind != BASELINE) {
          cells.add(new Cell(Role.SUBJECT, kind.name(), size));
        }
      }
    }
    return cells;
  }

  /** The cells of a round in their order. */
  List<Cell> round(int round) {
    List<Cell> cells = cells();
    Collections.shuffle(cells, new Random(seed * 31 + round));
    return cells;
  }
}
