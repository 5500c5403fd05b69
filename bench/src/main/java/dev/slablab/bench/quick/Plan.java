package dev.slablab.bench.quick;

import module java.base;

/**
 * What to run.
 *
 * @param workloads what is compared, the headline first
 * @param rounds how often each cell is run
 * @param budgetSeconds no fork begins later, and no round that would probably end later; 0 = no limit
 * @param seed of the order within rounds and of the statistics
 * @param iterationMillis length of an iteration
 * @param out the folder of the results, empty or not there yet
 */
public record Plan(List<Workload> workloads, int rounds, int budgetSeconds, long seed, int iterationMillis,
    Path out) {
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
   * @param workload what it does
   */
  public record Cell(Role role, String subject, Workload workload) {}

  /** {@return all cells, the most important first} */
  List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    for (Workload workload : workloads) {
      cells.add(new Cell(Role.BASELINE, workload.baseline(), workload));
      cells.add(new Cell(Role.CONTROL, workload.baseline(), workload));
      for (String peer : workload.peers()) {
        if (!peer.equals(workload.baseline())) {
          cells.add(new Cell(Role.SUBJECT, peer, workload));
        }
      }
    }
    cells.add(new Cell(Role.DRIFT, "(no allocator)", Workload.drift()));
    return cells;
  }

  /** The cells of a round in their order. */
  List<Cell> round(int round) {
    List<Cell> cells = cells();
    Collections.shuffle(cells, new Random(seed * 31 + round));
    return cells;
  }
}
