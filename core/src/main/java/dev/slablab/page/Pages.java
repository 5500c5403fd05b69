package dev.slablab.page;

/** Arithmetic on sizes; everything in 64 bits. */
public final class Pages {
  private Pages() {}

  /**
   * Rounds up.
   *
   * @param value ≥ 0
   * @param align a power of two
   * @return the smallest multiple of {@code align} not below {@code value}
   */
  public static long roundUp(long value, long align) {
    return (value + align - 1) & -align;
  }

  /**
   * The smallest power-of-two number of pages that holds a size ({@code get_order}).
   *
   * @param bytes ≥ 1
   * @param pageSize a power of two
   * @return bytes
   */
  public static long powerOfTwoRun(long bytes, int pageSize) {
    long pages = (bytes + pageSize - 1) / pageSize;
    return pageSize * (pages == 1 ? 1 : Long.highestOneBit(pages - 1) << 1);
  }
}
