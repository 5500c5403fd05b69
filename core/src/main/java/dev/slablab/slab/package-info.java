/**
 * What the two slab layers, {@code spl} and {@code linux}, have in common: the face they show to the public package,
 * what the caches of one instance share, and help in a shortage. The layers themselves do not know each other.
 *
 * <p><b>Debugging</b>, one mechanism for both, by {@code CacheSpec.debug} or {@code cache_debug}. A {@link
 * dev.slablab.slab.DebugLayer} stands around the slab layer, whose objects are larger by the red zones; {@link
 * dev.slablab.slab.Audit} knows each of them, by the layer's per-slab hooks, which are its own. Found are, at level
 * <ul>
 *   <li>0: double frees, interior and misaligned addresses and another cache's objects when they reach a slab,
 *       addresses outside all slabs at once. Nothing is added to the fast path.
 *   <li>1: each of these at once, before anything is changed.
 *   <li>2: to the byte, over- and underruns by the free, writes after free by the next alloc, or as the slab goes; both
 *       by verify.
 *   <li>3: freed objects wait in a quarantine, first in, first out, and are checked as they leave; what is found has
 *       the stacks of the object's alloc and free suppressed in it; leaks come by stack, most first.
 * </ul>
 * Not found: reads, writes beyond the red zones, a second free once the object has a new owner; writes after free where
 * per-slab hooks keep objects constructed, or DESTROY_BY_RCU readable. Objects as large as a slab get have no red
 * zones, page runs no level. What was overwritten while free is not used again, and counts as leaked. POISON, RED_ZONE
 * and STORE_USER, where a Linux cache has them, are the kernel's own debugging, beside which there is no level.
 */
@NullMarked
package dev.slablab.slab;

import org.jspecify.annotations.NullMarked;
