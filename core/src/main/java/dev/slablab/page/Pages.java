package dev.slablab.page;

/** Arithmetic on sizes, for the layers above; everything in 64 bits. Alignments and page sizes are powers of two. */
@SuppressWarnings("doclint:missing") // the names say it
public final class Pages {
  private Pages() {}

  public static long roundUp(long value, long align) {
    return (value + align - 1) & -align;
  }

  /** The smallest power-of-two number of pages that holds a size ≥ 1, in bytes ({@code get_order}). */
  public static long powerOfTwoRun(long bytes, int pageSize) {
    long pages = (bytes + pageSize - 1) / pageSize;
    return pageSize * (pages == 1 ? 1 : Long.highestOneBit(pages - 1) << 1);
  }
}
