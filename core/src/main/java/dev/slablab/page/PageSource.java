package dev.slablab.page;

import java.lang.foreign.MemorySegment;

/**
 * Gives and takes back runs of whole pages. Thread-safe.
 *
 * <p>Called without any lock of the layers above. Fresh runs read as zero.
 */
public interface PageSource extends AutoCloseable {
  /** No address. */
  long NONE = 0;

  /** {@return the page size in bytes, a power of two ≥ 4096} */
  int pageSize();

  /**
   * Obtains a page-aligned run.
   *
   * @param bytes the length, ≥ 1; rounded up to whole pages
   * @param area what it is for
   * @return the address, or {@link #NONE} when there is no memory
   */
  long allocate(long bytes, Area area);

  /**
   * Returns a run; its memory goes back to the operating system at once.
   *
   * @param address as {@link #allocate} gave it
   * @param bytes as {@link #allocate} was asked
   * @param area as {@link #allocate} was asked
   */
  void free(long address, long bytes, Area area);

  /** {@return the most bytes that could ever be held at once, which names the limit in no-memory messages} */
  long capacity();

  /**
   * The first address of an area's range.
   *
   * @param area which
   * @return the address, or 0 when the source has no ranges
   */
  long base(Area area);

  /**
   * The length of an area's range.
   *
   * @param area which
   * @return bytes, or 0 when the source has no ranges
   */
  long span(Area area);

  /** {@return the bytes of this source's own mappings that are resident now, or -1 where that cannot be told} */
  long residentBytes();

  /**
   * A view of memory obtained here.
   *
   * @param address within a run
   * @param bytes the view's length; beyond it, access throws
   * @return a segment that checks bounds; its lifetime is that of this source where it has ranges, else unchecked
   */
  MemorySegment segment(long address, long bytes);

  /** Unmaps everything. Addresses from here must not be touched afterwards. */
  @Override
  void close();

  /** {@return what this source is, for {@code doctor} and messages} */
  String describe();
}
