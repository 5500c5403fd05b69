package dev.slablab.spec;

import org.jspecify.annotations.Nullable;

/**
 * Asks a cache's user to free objects he only keeps for a while ({@code spl_kmem_reclaim_t}).
 *
 * <p>Lock context: runs outside every lock and magazine section, on the thread that reaps – the caller of a reap or of
 * the {@code Shrinker}, an allocation in a shortage, the timer –, one at a time per cache (a Linux cache: perhaps
 * several). It is called again while it gives objects back and no slab has become empty. It may free and allocate, but
 * a waiting allocation from its own cache that no magazine serves throws {@link KmemException.Usage}; nor may it close
 * the cache. What it throws reaches the reaping thread; the reap is completed all the same.
 */
@FunctionalInterface
@SuppressWarnings("doclint:missing") // of the argument
public interface ReclaimCallback {
  /** Frees some objects, or none; gets the cache's private value. */
  void reclaim(@Nullable Object priv);
}
