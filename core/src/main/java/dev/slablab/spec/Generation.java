package dev.slablab.spec;

/** Whose defaults the tunables have that nobody set ({@link Tunable#GENERATION}), and whose text tables are printed. */
public enum Generation {
  /** This port's own: those of {@link #HEAD}, but for the few that the evidence speaks against. */
  SLABLAB,
  /** The current OpenZFS. */
  HEAD,
  /** SPL 0.6.5.9: KMEM and VMEM slabs, reclaim under memory pressure, no Linux slab on large pages. */
  OLD
}
