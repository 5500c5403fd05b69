package dev.slablab.spec;

/** Where a thread finds its magazine. */
public enum MagazinePlacement {
  /**
   * By a lease on one of 4 × CPUs slots: no atomic operation and, on x86, no fence. Virtual threads, and threads that
   * find no slot, use the magazines of the next placement. Needs {@code membarrier}.
   */
  BIASED,
  /** By the CPU it runs on ({@code sched_getcpu}); the index is a hint, a compare-and-set lock gives exclusivity. */
  CPU_INDEXED,
  /** By a hash of its thread id, with the same lock; works on every platform. */
  HASHED
}
