package dev.slablab.spec;

/** Where a thread finds its magazine. */
public enum MagazinePlacement {
  /** By the CPU it runs on ({@code sched_getcpu}); the index is a hint, a compare-and-set lock gives exclusivity. */
  CPU_INDEXED,
  /** By a hash of its thread id, with the same lock; works on every platform. */
  HASHED
}
