/**
 * The Linux slab allocator, as {@code mm/slab.c} had it around 2.6.39.
 *
 * <h2>Divergences (≠)</h2>
 *
 * <ul>
 *   <li>The break order is a tunable, 0 to 3 ({@code slab_max_order}); memory size does not change it.
 *   <li>No bootstrap: structures are Java objects, so no cache is needed to make the first one. Off-slab descriptors
 *       do come from general caches.
 * </ul>
 */
@NullMarked
package dev.slablab.linux;

import org.jspecify.annotations.NullMarked;
