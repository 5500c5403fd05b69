/**
 * The per-CPU layer: LIFO stacks of free objects that make alloc and free cheap, whatever the layer below does.
 *
 * <p><b>1. Terms.</b> A <i>magazine</i> (Bonwick and Adams 2001; in Linux SLAB the <i>array cache</i>) is an array of
 * addresses with a capacity. An empty one is <i>refilled</i>, a full one <i>flushed</i>, a batch at a time, by the slab
 * layer above. One {@link dev.slablab.percpu.Magazines} serves one cache.
 *
 * <p><b>2. Placement.</b> The kernel owns its CPU's magazine by switching interrupts off; the JVM cannot. A thread
 * finds a magazine by a <i>lease</i> on a slot, by the CPU it runs on, or by a hash of its id; the last two take it
 * with a compare-and-set lock. The index is a hint and never gives exclusivity.
 *
 * <p><b>3. The section</b> is what stands between entering and leaving a magazine: loads, stores, array copies; no
 * lock, park, downcall, hook or Java allocation. Nobody waits for a section on behalf of alloc or free: a busy magazine
 * means the next one, then the slab layer. Only close and retune wait.
 *
 * <p><b>4. Leases</b> (after biased locking, Kawachiya et al. 2002, with the asymmetric barrier of Dice et al. 2001). A
 * {@link dev.slablab.percpu.Lease} is made anew for every claim of a slot and belongs to one platform thread. The owner
 * stores <i>busy</i> into its word, passes a fence for the compiler, and compares its fill level with the capacity; it
 * leaves by storing the new word, not busy, with release. Whoever revokes it (slot table's lock held) sets the capacity
 * to 0, issues {@code membarrier}, then reads the word with acquire. So one comparison tells full or empty, revoked,
 * and a mark that an Error left in the word.
 * <ul>
 *   <li>Either the owner's busy store came before the barrier, then the revoker sees it (or the later word that ends
 *       the section); or the owner's look comes after the barrier, then it sees the revocation and does nothing.
 *   <li>Not busy after the barrier means: every section is over, its stores are visible, and none will begin. The old
 *       owner may still mark the old lease busy and not busy; it restores what it read, and nobody reads that lease's
 *       objects any more, because the revoker continues on a new lease. With the busy word in the slot, a stale owner
 *       would clear its successor's mark and lose objects (tested as a broken twin).
 *   <li>Busy after the barrier: claim, reap and ageing take the revocation back and go away (nobody acted on it); close
 *       and retune wait.
 *   <li>Owners are compared by thread id and kept by a weak reference: identity would keep a dead thread, and its class
 *       loader, reachable. Were an id reused, the new thread would go on with the dead one's lease like its owner,
 *       which is sound because a dead owner's lease is revoked like any other.
 * </ul>
 *
 * <p><b>5. Facts of the implementation, not of the memory model.</b> {@code VarHandle.acquireFence} between an opaque
 * store and a later load is a full fence for C1 and C2, though its contract says less; x86 needs no instruction for it,
 * aarch64 executes {@code dmb ishld}. A StackOverflowError inside a section leaves the lease busy until its owner's
 * next operation, or its death. A slot's lease is found by a plain read: its fields are seen because every access
 * depends on the address read (all processors HotSpot runs on keep that order). Where {@code membarrier} is missing
 * (EPERM, ENOSYS, another system), the placement is CPU-indexed or hashed.
 *
 * <p><b>6. Bounds.</b> Slots ≤ 4 × CPUs plus CPUs shared magazines per cache, however many threads exist, and a
 * <i>depot</i> of {@code magazine_depot} × CPUs batches. A thread that dies leaves its objects in its slot, for the
 * next claimant or the next drain. Virtual threads never own a slot.
 *
 * <p><b>7. Locks.</b> The slot table's lock serialises claim, revocation, drain; the depot's guards its batches; alloc
 * and free only try either. Close, open and retune hold the {@code Magazines}' monitor outside both. A sink may take
 * the list lock below them. Nothing in here is called with the list lock held.
 *
 * <table>
 * <caption>Field × access mode × guard</caption>
 * <tr><th>field</th><th>access</th><th>guard</th></tr>
 * <tr><td>{@code Lease.word}</td><td>plain read, opaque and release write by the owner; acquire by others</td><td>the
 * owner alone writes; {@code next} reads it once revoked and not busy</td></tr>
 * <tr><td>{@code Lease.capacity} (0 = revoked)</td><td>acquire by the owner; volatile write</td><td>slot table's
 * lock</td></tr>
 * <tr><td>{@code Lease.objects[], moved}</td><td>plain</td><td>the section; after it, the new lease</td></tr>
 * <tr><td>{@code Lease.aged, looks}</td><td>plain</td><td>slot table's lock</td></tr>
 * <tr><td>{@code slots[]}</td><td>plain and acquire read, release write</td><td>slot table's lock for writers; a stale
 * lease is revoked, so reading one late is benign</td></tr>
 * <tr><td>{@link dev.slablab.percpu.Homes}: rows, leases</td><td>plain and acquire read, release write</td><td>a lease:
 * its slot table's lock; a row: whoever claims, the last wins; stale ones are benign as in {@code slots[]}</td></tr>
 * <tr><td>{@code Magazine.word}</td><td>compareAndSet to busy, plain, release write to not busy; acquire read by
 * statistics, at most one section late (benign)</td><td>its busy bit is the lock</td></tr>
 * <tr><td>{@code Magazine.objects[], capacity, moved, aged, looks}</td><td>plain</td><td>that lock</td></tr>
 * <tr><td>{@code Depot}</td><td>plain; volatile count and sum</td><td>its lock for writers</td></tr>
 * <tr><td>{@code BusyWatch}</td><td>plain</td><td>slot table's lock</td></tr>
 * <tr><td>{@code SlotTable.owners, displaced}</td><td>volatile</td><td>slot table's lock for writers; a bit too many
 * costs three looks, a bit too few cannot be seen by whom it concerns</td></tr>
 * </table>
 *
 * <p><b>8. Divergences.</b>
 * <ul>
 *   <li>≠ Refill and flush move objects through a buffer of the calling thread: the list lock is never taken inside the
 *       section, because its holder may be descheduled and nobody may wait for a magazine.
 *   <li>≠ A flushed batch goes to the depot first (Bonwick and Adams 2001, 3.1): {@code magazine_depot} = 0 is the
 *       seed.
 *   <li>≠ Age is the pop count: a magazine whose count has not moved for some looks is idle; no clock on the fast
 *       path.
 * </ul>
 */
@NullMarked
package dev.slablab.percpu;

import org.jspecify.annotations.NullMarked;
