package dev.slablab.spec;

/** When an object's constructor and destructor run. Emergency objects: always at allocation and free. */
public enum ConstructorPlacement {
  /** At every allocation and every free (SPL). */
  PER_ALLOCATION,
  /** When the object's slab is built and when it goes (Bonwick 1994, Linux); magazines hold constructed objects. */
  PER_SLAB
}
