package dev.slablab.spec;

import org.jspecify.annotations.Nullable;

/**
 * Takes back what an {@link ObjectConstructor} prepared ({@code spl_kmem_dtor_t}). Lock context as there; it runs on
 * the freeing thread, or ({@link ConstructorPlacement#PER_SLAB}) on the one whose free, reap or close released the
 * slab. What it throws reaches that thread; the object, and the rest of its slab, are released all the same.
 */
@FunctionalInterface
@SuppressWarnings("doclint:missing") // of arguments
public interface ObjectDestructor {
  /** Takes the object at an address apart. */
  void destruct(long object, @Nullable Object priv);
}
