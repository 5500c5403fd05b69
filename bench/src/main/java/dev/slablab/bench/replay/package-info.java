/**
 * Recorded and generated programs, replayed against any allocator.
 *
 * <p>A trace is read once into arrays ({@link dev.slablab.bench.replay.Trace}): every life of a block has a number of
 * its own, so a pass over the events neither parses nor looks up nor allocates. One worker thread stands for each
 * thread of the trace, as thread-caching allocators are about who allocates and who frees.
 *
 * <p>Ordered: one worker at a time, the turn handed over where the file changes threads; the clock runs within turns
 * only. Concurrent: each worker runs its own events as fast as it can, and waits before a free or realloc until
 * that life has begun and its first thread is done with it. It cannot deadlock: of all events not yet done, the
 * first in the file waits for earlier ones only.
 *
 * <p>Three passes, never mixed: checking (a pattern in every block), timing, memory. The timing and the memory pass
 * write the first byte of each page of each new block, whoever allocated it: memory nobody touches is not resident.
 */
@NullMarked
package dev.slablab.bench.replay;

import org.jspecify.annotations.NullMarked;
