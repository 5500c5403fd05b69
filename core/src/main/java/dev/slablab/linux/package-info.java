/**
 * The Linux slab allocator, as {@code mm/slab.c} had it around 2.6.39.
 *
 * <h2>Divergences (≠)</h2>
 *
 * <ul>
 *   <li>The break order is a tunable, 0 to 3 ({@code slab_max_order}); memory size does not change it.
 *   <li>No bootstrap: structures are Java objects, so no cache is needed to make the first one. Off-slab descriptors
 *       do come from general caches.
 *   <li>{@code slabinfo} says what is wrong with a retune line; limit and shared array hold at most 2^20 objects.
 *   <li>Debugging throws where the kernel printed and went on; the address is checked before the red zones; bytes between
 *       the requested size and the next word are checked too; the last user is a call site, not an address.
 *   <li>CACHE_DMA, MEM_SPREAD and NOLEAKTRACE are left out.
 * </ul>
 */
@NullMarked
package dev.slablab.linux;

import org.jspecify.annotations.NullMarked;
