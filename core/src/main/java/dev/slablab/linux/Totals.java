package dev.slablab.linux;

/** The figures of all nodes added up, those of one node read in one breath. */
final class Totals {
  long slabs;
  long usedSlabs;
  long usedMax;
  long active;
  long activeMax;
  long taken;
  long grown;
  long destroyed;
  long reaped;
  long failures;
  long freeMax;

  /** Takes the nodes' locks, one after the other. */
  Totals(Node[] nodes) {
    for (Node node : nodes) {
      try (Guard _ = node.guard.take()) {
        usedSlabs += node.full.size + node.partial.size;
        slabs += node.full.size + node.partial.size + node.free.size;
        usedMax += node.usedMax;
        active += node.active;
        activeMax += node.activeMax;
        taken += node.taken;
        grown += node.grown;
        destroyed += node.destroyed;
        reaped += node.reaped;
        failures += node.failures;
        freeMax += node.freeMax;
      }
    }
  }
}
