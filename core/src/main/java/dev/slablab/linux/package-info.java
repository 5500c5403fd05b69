/**
 * The Linux slab allocator, as {@code mm/slab.c} had it around 2.6.39.
 *
 * <h2>Theory</h2>
 *
 * <p><b>1. Origin.</b> Bonwick's slab allocator (1994) with arrays of free objects per CPU and per memory node. C names
 * stand in {@code code} where a method reproduces a function.
 *
 * <p><b>2. An object's life.</b> free in its slab → (refill) in a CPU array → (pop) with the caller → (push) in a CPU
 * array → (flush) in its node's shared array, or free in its slab again. One that is freed on another node waits in an
 * alien array there, for its way to its own node's shared array. All but the free ones are <i>active</i>.
 *
 * <p><b>3. Invariants</b>, checked by {@link dev.slablab.linux.LinuxVerifier}: a slab is on the full, partial or free
 * list of its node as its count of objects in use says; the chain of free objects visits every object but those in use,
 * which carry a marker; a node's free objects are those of its slabs; every page of a slab maps to it; a descriptor off
 * the slab is a general cache's object in use, and no other slab's; an object in an array is marked in use, stands in
 * one array only, and in no shared or alien array but its node's.
 *
 * <table>
 * <caption>Notions of the kernel and ours</caption>
 * <tr><th>kernel</th><th>here</th></tr>
 * <tr><td>{@code kmem_cache}, {@code kmem_list3}</td><td>{@link dev.slablab.linux.LinuxCache}, {@link
 * dev.slablab.linux.Node}</td></tr>
 * <tr><td>{@code slab}, {@code kmem_bufctl_t}</td><td>{@link dev.slablab.linux.LinuxSlab}; the chain is real
 * memory</td></tr>
 * <tr><td>{@code array_cache} of a CPU</td><td>a magazine of {@link dev.slablab.percpu.Magazines} (≠ below)</td></tr>
 * <tr><td>shared and alien {@code array_cache}</td><td>{@link dev.slablab.linux.ArrayCache}</td></tr>
 * <tr><td>{@code page->lru} of a slab's pages</td><td>{@link dev.slablab.page.PageMap}</td></tr>
 * <tr><td>{@code cache_chain_mutex}</td><td>{@link dev.slablab.linux.Gate}, one per cache</td></tr>
 * <tr><td>the page allocator</td><td>{@link dev.slablab.linux.KeptPages}, then the page source</td></tr>
 * <tr><td>RCU's grace period</td><td>{@link dev.slablab.linux.Readers}</td></tr>
 * </table>
 *
 * <p><b>4. Locks.</b> Each node has one for its lists, shared array and counters, each alien array one; these two are
 * never held together (the kernel does). The order: one cache's retuning or figures, the monitor of its magazines,
 * their slot table, an alien array or a node, the gate, which counts who has pages in hand. None is held while pages
 * are obtained or returned, or a hook runs: who empties arrays under a lock keeps the slabs, and gives the excess back
 * later; so a timed reap and a retuning return every free slab beyond the limit.
 *
 * <h2>Divergences (≠)</h2>
 *
 * <ul>
 *   <li>The break order is a tunable, 0 to 3 ({@code slab_max_order}); memory size does not change it.
 *   <li>No bootstrap: structures are Java objects, so no cache is needed to make the first one. Off-slab descriptors
 *       do come from general caches; they are taken before the pages, so that nobody waits with pages in hand.
 *   <li>An array belongs to a thread or an index, not to a CPU with interrupts off; there are up to five for each CPU.
 *       It follows its thread, so it may hold objects of other nodes after the thread has moved. "Touched" is: popped
 *       from since the last pass, a retuning notwithstanding. A busy array counts as empty or full. Between deciding on
 *       a flush and doing it the shared array may fill; the rest then goes to the slabs.
 *   <li>When a CPU goes or comes every array is emptied, for none is that CPU's. The caller says so: the JVM does not.
 *   <li>A slab's node is that of the thread that grew it, or the one asked for; its pages follow by first touch. Where
 *       there are several nodes every free looks its object's node up; high-water marks are sums of the nodes'.
 *   <li>SLEEP fights for pages as SPL does and throws no-memory in the end. NOSLEEP empties the arrays before it fails.
 *       It asks the page source itself, by way of {@code tryAllocate}, which does not wait. What a refill has no
 *       room for goes to its slab.
 *   <li>Pages of slabs that went stay with their cache for {@code slab_decay} (0 = they go at once): the kernel's go to
 *       its page allocator, ours to the operating system, from where each comes back by a fault.
 *   <li>SPL's reap of a Linux cache does nothing in HEAD; here it shrinks the cache, and gives the bytes returned.
 *   <li>A pass of the reaper serves all arrays of a cache, not one CPU's; passes are not staggered, and a cache's first
 *       may be 5 s late.
 *   <li>Only those who look through {@link dev.slablab.KmemCache#read} are waited for before a DESTROY_BY_RCU slab
 *       goes; alloc and free look into no slab without its lock.
 *   <li>With PANIC too a duplicate name is a usage error.
 *   <li>General caches are aligned to the largest power of two that divides their size, up to a page; size 0 gives a
 *       block, 0 cannot be freed, and what is larger than the largest gets a page run. The fine table's are named
 *       otherwise and not aligned to lines. Their names are kept for them.
 *   <li>Free checks the address when it reaches the slab; destroy with objects left says how many, and the caller may
 *       insist. No new arrays for want of heap is an Error of the JVM.
 *   <li>The constructor may be per slab or per allocation; with POISON it is per allocation, and so is the destructor.
 *   <li>{@code slabinfo} says what is wrong with a retune line; a limit is at most 65,535, a shared array 2^20 objects;
 *       an allocation that fails is no miss, and {@code error} counts slabs that could not be had.
 *   <li>Debugging throws where the kernel printed and went on; the address is checked before the red zones; bytes
 *       between the requested size and the next word are checked too; the last user is a call site, not an address.
 *   <li>CACHE_DMA, MEM_SPREAD and NOLEAKTRACE are left out.
 * </ul>
 */
@NullMarked
package dev.slablab.linux;

import org.jspecify.annotations.NullMarked;
