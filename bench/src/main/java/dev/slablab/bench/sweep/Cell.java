package dev.slablab.bench.sweep;

/**
 * A configuration with its part in a comparison, run once a round. Role, group (what it is compared within) and subject
 * (what sets it apart there) name it in records; the metric is what is compared, the score or a secondary result.
 */
public record Cell(Role role, String group, String subject, Config config, String metric) {
  /** Why a cell is run. */
  public enum Role {
    /** What the others of its group are compared with. */
    BASELINE,
    /** A subject in question. */
    SUBJECT,
    /** The baseline once more: its ratio is the noise floor. */
    CONTROL,
    /** A kernel without an allocator: its change over the rounds is the machine's drift. */
    DRIFT
  }

  static Cell drift() {
    return new Cell(Role.DRIFT, "control", "(no allocator)", Config.of("Floor.ring"), Grid.SCORE);
  }

  Cell as(Role other) {
    return new Cell(other, group, subject, config, metric);
  }

  boolean isTime() {
    return metric.equals(Grid.SCORE);
  }

  boolean sameName(Cell other) {
    return role == other.role && group.equals(other.group) && subject.equals(other.subject)
        && metric.equals(other.metric);
  }

  @Override
  public String toString() {
    return group + (group.isEmpty() ? "" : ": ") + subject + (role == Role.CONTROL ? " (again)" : "");
  }
}
