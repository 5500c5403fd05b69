package dev.slablab.spl;

import dev.slablab.slab.SlabList;
import java.util.Arrays;

/** One page run, or several, cut into objects ({@code spl_kmem_slab_t}). Guarded by its cache's list lock. */
final class Slab extends SlabList.Member<Slab> {
  final SplCache cache;
  /** Of its page run; OFFSLAB: of the header's, or where there is none of the first object's. */
  long base;
  /** OFFSLAB: the objects' page runs, ascending once all are there. */
  long[] blocks = {};
  /** Objects outside the slab layer. */
  int ref;
  /** {@link TrailerLayout}: address of the first free object, 0 when there is none. */
  long freeHead;
  /** {@link OutOfBandLayout}: indexes of the free objects, the next one to go last. */
  int[] freeStack = {};
  /** {@link OutOfBandLayout}: a bit per object that is outside the slab layer. */
  long[] out = {};

  Slab(SplCache cache) {
    super(cache.handle, cache.magazines.number);
    this.cache = cache;
  }

  long address(int index) {
    return blocks.length == 0 ? base + cache.geometry.header() + index * cache.geometry.stride() : blocks[index];
  }

  /** The index of an object; -1 when the address is no object's. */
  int index(long address) {
    if (blocks.length != 0) {
      return Math.max(-1, Arrays.binarySearch(blocks, address));
    }
    SplGeometry geometry = cache.geometry;
    long offset = address - base - geometry.header();
    if (Long.compareUnsigned(offset, geometry.slabBytes()) >= 0) {
      return -1;
    }
    int index = Integer.divideUnsigned((int) offset, (int) geometry.stride()); // a slab has less than 4 GiB: 32 bits
    return index < geometry.objects() && index * geometry.stride() == offset ? index : -1;
  }

  /** A use of a page run. */
  @FunctionalInterface
  interface RunUse {
    void of(long address, long bytes);
  }

  /** Goes over the page runs there are; a slab half built has fewer. */
  void forEachRun(RunUse use) {
    long own = cache.geometry.runBytes();
    if (own != 0 && base != 0) {
      use.of(base, own);
    }
    for (long block : blocks) {
      if (block != 0) {
        use.of(block, cache.geometry.stride());
      }
    }
  }

  @Override
  public String toString() {
    return "cache " + cache.name();
  }
}
