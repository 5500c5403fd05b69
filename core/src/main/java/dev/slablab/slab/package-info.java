/**
 * What the two slab layers, {@code spl} and {@code linux}, have in common: the face they show to the public package,
 * what the caches of one instance share, and help in a shortage. The layers themselves do not know each other.
 */
@NullMarked
package dev.slablab.slab;

import org.jspecify.annotations.NullMarked;
