package dev.slablab.percpu;

/** How much a drain may wait. */
public enum Drain {
  /** Not at all: for an allocation that must not wait. */
  NO_WAIT,
  /** For the table's lock and a few spins; what stays busy is skipped and counted: reap, ageing. */
  SKIP_BUSY,
  /** Until everything is empty; no lease stays in force: close, retune. */
  WAIT
}
