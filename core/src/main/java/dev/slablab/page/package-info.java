/**
 * The page source: where pages come from and go back to.
 *
 * <p><b>1. One range.</b> A {@link dev.slablab.page.RangePageSource} maps address space once ({@code mmap}, private,
 * anonymous, {@code MAP_NORESERVE}): nothing is committed until a page is touched. The range is carved into runs of
 * pages. A run that comes back is given to the operating system at once with {@code madvise(MADV_DONTNEED)} and stays
 * mapped. The range is never {@code munmap}ped or {@code mprotect}ed in part: another library would map into the hole,
 * and the kernel caps the number of mappings. Objects live in one range, emergency objects in a second, so that one
 * subtraction and one unsigned comparison tell them apart.
 *
 * <p><b>2. Runs.</b> {@link dev.slablab.page.RunAllocator}: address-ordered best fit with coalescing over free extents
 * (Knuth, TAOCP 1, 2.5; Wilson et al. 1995 find it among the least fragmenting). O(log n), one short lock per range.
 * Exact runs for slabs, power-of-two runs for emergency objects (the caller rounds).
 *
 * <p><b>3. From an address to its owner.</b> {@link dev.slablab.page.PageMap}: a three-level radix tree over 48-bit
 * addresses. Written by the owner of a run before any object of it is handed out and cleared before the run goes back;
 * read without a lock. Whoever frees an address got it through some happens-before edge from the allocation, hence sees
 * the entry; for a wild address any answer is checked by the owner.
 *
 * <p><b>4. Decorators.</b> Limiting, counting: a {@link dev.slablab.page.ForwardingPageSource} around another, so that
 * limits are set in one place. Failing and stalling ones stand with the tests of all layers above. Who never waits asks
 * with {@code tryAllocate}: a source that may wait, and whoever decorates one, has to answer it.
 *
 * <p><b>5. Lock order.</b> The run lock is a leaf: nothing is called while it is held. No lock of a layer above is held
 * while pages are obtained or returned.
 *
 * <p><b>6. Divergences.</b> ≠ {@code vmalloc}/{@code kmalloc} by object size: one range serves both, exact runs replace
 * {@code vmalloc}. ≠ A run that comes back keeps its address space: only its memory is returned.
 */
@NullMarked
package dev.slablab.page;

import org.jspecify.annotations.NullMarked;
