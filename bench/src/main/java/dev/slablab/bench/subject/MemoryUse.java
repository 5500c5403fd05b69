package dev.slablab.bench.subject;

/**
 * What an allocator holds; -1 stands for "cannot be told".
 *
 * @param held bytes it holds for objects, live ones included
 * @param peak the most bytes of slabs it held so far
 * @param wastePercent share of a slab's bytes that can never belong to an object
 * @param retained bytes of free objects in per-CPU magazines
 * @param pageCalls slabs built and returned so far
 */
public record MemoryUse(long held, long peak, double wastePercent, long retained, long pageCalls) {
  /** Nothing can be told. */
  public static final MemoryUse UNKNOWN = of(-1);

  /**
   * Only the sum can be told.
   *
   * @param held bytes
   * @return the record
   */
  public static MemoryUse of(long held) {
    return new MemoryUse(held, -1, -1, -1, -1);
  }
}
