package dev.slablab.spl;

import dev.slablab.slab.SlabList;

/** One page run cut into objects ({@code spl_kmem_slab_t}). Guarded by its cache's list lock. */
final class Slab extends SlabList.Member<Slab> {
  final SplCache cache;
  final long base;
  /** Objects outside the slab layer. */
  int ref;
  /** {@link TrailerLayout}: address of the first free object, 0 when there is none. */
  long freeHead;
  /** {@link OutOfBandLayout}: indexes of the free objects, the next one to go last. */
  int[] freeStack = {};
  /** {@link OutOfBandLayout}: a bit per object that is outside the slab layer. */
  long[] out = {};

  Slab(SplCache cache, long base) {
    super(cache.handle, cache.magazines.number);
    this.cache = cache;
    this.base = base;
  }

  @Override
  public String toString() {
    return "cache " + cache.name();
  }
}
