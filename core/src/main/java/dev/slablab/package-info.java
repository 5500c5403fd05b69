/**
 * Slablab: an off-heap slab allocator. Begin with {@link dev.slablab.Kmem}.
 *
 * <p>{@link dev.slablab.Kmem} is an independent allocator instance and allocates blocks of any size over size classes;
 * {@link dev.slablab.KmemCache} is a cache of objects of one size; {@link dev.slablab.spec.CacheSpec} says what a cache
 * shall be, {@link dev.slablab.spec.Tunables} how the allocator behaves. The packages {@code page}, {@code percpu} and
 * {@code spl} are the layers below, lowest first; of these only page sources are meant for callers.
 */
@NullMarked
package dev.slablab;

import org.jspecify.annotations.NullMarked;
