/**
 * The per-CPU layer: LIFO stacks of free objects that make alloc and free cheap, whatever the layer below does.
 *
 * <h2>Theory</h2>
 *
 * <p><b>1. Terms.</b> A <i>magazine</i> (Bonwick and Adams 2001; in Linux SLAB the <i>array cache</i>) is an array of
 * addresses with a capacity and a batch. An empty one is <i>refilled</i>, a full one <i>flushed</i>, a batch at a time,
 * by the slab layer above this package. One {@link dev.slablab.percpu.Magazines} serves one cache.
 *
 * <p><b>2. Placement.</b> The kernel owns its CPU's magazine by switching interrupts off; the JVM cannot. A thread
 * finds a magazine by the CPU it runs on or by a hash of its id, and takes it with a compare-and-set lock. The index is
 * a hint and never gives exclusivity, so a thread (platform or virtual) may move at any moment.
 *
 * <p><b>3. The section.</b> Between lock and unlock there are loads, stores and array copies: no lock, no park, no
 * downcall, no hook, no Java allocation. Nobody waits for the lock on behalf of alloc or free: a busy magazine means
 * the next one, then the slab layer. Only close waits, and only for sections that cannot block.
 *
 * <p><b>4. Bounds.</b> As many magazines as possible CPUs, however many threads exist; a thread that dies leaves nothing
 * behind, since it owned nothing.
 *
 * <p><b>5. Seam.</b> Above, only this is known: {@code pop}, {@code push}, {@code store}, {@code takeOldest},
 * {@code drain}, {@code close}, {@code open}, counters. Owner-biased slots (issue 2/8) fit behind it.
 *
 * <h2>Field × access mode × guard</h2>
 *
 * <table>
 * <caption>Magazine</caption>
 * <tr><th>field</th><th>access</th><th>guard</th></tr>
 * <tr><td>{@code lock}</td><td>compareAndSet, setRelease</td><td>itself</td></tr>
 * <tr><td>{@code avail}, {@code capacity}, {@code objects[]}</td><td>plain</td><td>{@code lock}</td></tr>
 * <tr><td>{@code allocs}, {@code frees}</td><td>plain write, opaque read by statistics</td><td>{@code lock} for the
 * writer; the reader may be one section late (benign)</td></tr>
 * </table>
 *
 * <h2>Divergences</h2>
 *
 * <ul>
 *   <li>≠ Refill and flush move objects through a buffer of the calling thread: the list lock is never taken inside the
 *       section, because a holder of the list lock may be descheduled and nobody may wait for a magazine.
 *   <li>≠ A full or empty magazine is found out by the push or pop itself, not by a test before it.
 * </ul>
 */
@NullMarked
package dev.slablab.percpu;

import org.jspecify.annotations.NullMarked;
