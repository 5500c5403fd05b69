/**
 * The SPL object cache of today (HEAD) and of 0.6.5.9: slabs, their lists, growth, emergency objects, reaping,
 * destruction.
 *
 * <p><b>1. Origin.</b> Bonwick's slab allocator (1994) with magazines (Bonwick and Adams 2001), as OpenZFS's SPL
 * implements it ({@code spl-kmem-cache.c}). C names stand in {@code code} where a method reproduces a function.
 *
 * <p><b>2. Terms.</b> <i>object</i>: one buffer handed to the caller. <i>slab</i>: one page run cut into objects.
 * <i>partial list</i>: slabs with a free object; <i>complete list</i>: slabs without. <i>emergency object</i>: one
 * object outside any slab, made because growth could not be waited for.
 *
 * <p><b>3. An object's life.</b> free in its slab → (refill) in a magazine → (pop) with the caller → (push) in a
 * magazine → (flush) free in its slab, or in the depot → (restock) in another magazine. "Outside the slab layer" means
 * in a magazine, the depot or with the caller; a slab's {@code ref} counts those. An emergency object goes from the
 * page source to the caller and straight back.
 *
 * <p><b>4. Invariants</b>, checked by {@link dev.slablab.spl.SplVerifier}: partial slabs have {@code ref < objects},
 * complete slabs {@code ref = objects}; the empty slabs form the tail of the partial list; a slab that just stopped
 * being full is at its head; the sums of {@code ref} and of slabs equal the totals; every page of a slab maps to it;
 * every object in a magazine is marked out in its slab, and stands in one magazine only.
 *
 * <p><b>5. Growth.</b> One slab at a time per cache. Who finds no partial slab sets GROWING and builds it, or hands a
 * task to the task threads ({@code grow_in_caller}); everybody waits for GROWING to clear, at most 100 ms. Who times
 * out sets DEADLOCKED: from then on emergency objects are served until a growth succeeds. The task clears the state
 * first and wakes then, on failure too. NOSLEEP never waits: it asks for growth and takes an emergency object.
 *
 * <p><b>6. Shortage.</b> A SLEEP allocation that gets no pages reaps every cache of its {@code Kmem} (one reclaimer at
 * a time), waits with growing back-off for frees, and throws no-memory after {@code alloc_timeout} without progress.
 *
 * <p><b>7. Page runs</b> serve requests above the largest size class. A freed one is kept for a hundredth of
 * {@code slab_decay}, an eighth of the bytes in use at most, because a page that went back costs a fault when it comes
 * again; a shortage, a reap, ageing and the next run's coming or going give old ones back.
 *
 * <p><b>8. The older generation</b> had types that today's one dropped – KMEM, a power of two of pages; OFFSLAB, whose
 * objects are page runs of their own – and gave memory back without being asked: ageing; a reclaim callback, which a
 * reap calls while it helps; a shrinker. All work in every generation; {@code generation} chooses their defaults.
 *
 * <p><b>9. Locks.</b> One list lock per cache guards lists, totals and state bits. It is never held while pages are
 * obtained or returned, a hook runs, or a thread waits (conditions give it up). Order: nothing is taken inside it but
 * the scheduler's queue. Magazine sections and the list lock never nest. Page runs have a lock for opening and closing,
 * and the kept ones a monitor; nothing is taken inside either.
 *
 * <p><b>10. Divergences (≠)</b>
 * <ul>
 *   <li>A refill that gained an object neither waits nor makes an emergency object.
 *   <li>A NOSLEEP allocation asks for growth, looks again when a partial slab appeared, and empties the magazines
 *       before it fails for want of pages (the original returned none, and never gave a NOSLEEP-only cache a slab).
 *   <li>SLEEP throws no-memory in the end; the original looped without bound.
 *   <li>Who finds a reap under way waits for that one, not for those that follow it; a reap leaves a
 *       slab until those it was built for have looked. Otherwise a thread that reaps without pause starves the others.
 *   <li>A failed growth wakes its waiters; the task's reference is released last.
 *   <li>A reap drains every magazine, not the calling CPU's; without MEM in 0.6.5.9's generation none, but for a
 *       shortage's.
 *   <li>What the reclaim callback gave back is measured without magazine contents; its SLEEP allocations from its own
 *       cache, which waited for its own reap, are errors where they reach the slabs. RECLAIM_ONCE holds for it too.
 *       It is asked once at least, whatever slabs there are.
 *   <li>At most one type flag; OFFSLAB alone is one, or goes with KMEM, VMEM, KVMEM; slab bytes count its runs.
 *   <li>{@code obj_per_slab_min}, which nobody read, keeps a cache from being created.
 *   <li>Empty slabs stay for {@code slab_decay} (0 = the original: every one goes after every flush). Ageing (0.6.5.9)
 *       is on, counts passes without a pop, and takes page runs and the depot too.
 *   <li>A destructor that runs inside a reap may allocate from its own cache: it does not wait for that reap.
 *   <li>Free checks that the address is an object of this cache when it reaches the slab, or is outside the object
 *       range; unknown addresses are errors.
 *   <li>The constructor may be placed per slab. No prefetch for write: the JVM has none.
 *   <li>The trailer's second list link is unused: a free list needs one. Slab age is left out.
 *   <li>Alignment, size and type are checked before any resource is taken; destroy with live objects leaves the cache
 *       open; the caller may insist.
 *   <li>{@code inuse} is what callers hold; magazine contents are their own figure.
 * </ul>
 */
@NullMarked
package dev.slablab.spl;

import org.jspecify.annotations.NullMarked;
