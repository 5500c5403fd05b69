package dev.slablab.spec;

import org.jspecify.annotations.Nullable;

/**
 * Prepares an object ({@code spl_kmem_ctor_t}). Lock context: runs outside every lock and outside the exclusive section
 * of the magazine, on the allocating thread ({@link ConstructorPlacement#PER_ALLOCATION}, emergency objects) or on a
 * grow thread ({@link ConstructorPlacement#PER_SLAB}). It may allocate and free, on any cache. What it throws reaches
 * the allocating caller; the object goes back to the cache and its destructor does not run.
 */
@FunctionalInterface
@SuppressWarnings("doclint:missing") // of arguments
public interface ObjectConstructor {
  /** Prepares the object at an address; the mode is the allocation's, {@link AllocMode#SLEEP} when a slab is built. */
  void construct(long object, @Nullable Object priv, AllocMode mode);
}
