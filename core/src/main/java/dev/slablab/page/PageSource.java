package dev.slablab.page;

import dev.slablab.spec.AllocMode;
import java.lang.foreign.MemorySegment;

/**
 * Gives and takes back runs of whole pages. Thread-safe.
 *
 * <p>Called without any lock of the layers above. Fresh runs read as zero. A source has an address range for each
 * {@link Area}, or, as the defaults say, none.
 */
@SuppressWarnings("doclint:missing") // of areas
public interface PageSource extends AutoCloseable {
  /** No address. */
  long NONE = 0;

  /** {@return the page size in bytes, a power of two ≥ 4096} */
  int pageSize();

  /**
   * {@return the address of a fresh page-aligned run, or {@link #NONE} when there is no memory}
   *
   * @param bytes the length, ≥ 1; rounded up to whole pages
   */
  long allocate(long bytes, Area area);

  /** {@return as {@link #allocate}; {@link #NONE} rather than wait} Whoever may wait, or decorates, overrides this. */
  default long tryAllocate(long bytes, Area area) {
    return allocate(bytes, area);
  }

  /**
   * {@return as {@link #allocate}, or as {@link #tryAllocate} in a mode that never waits} Decorators override those.
   * SPL slabs come by {@link #allocate}, from a task thread or the caller; all else by this. What one of them throws,
   * an Error too, reaches the allocations that wait for it; nothing is taken.
   *
   * @param mode the asking allocation's
   */
  default long allocate(long bytes, Area area, AllocMode mode) {
    return mode.mayWait() ? allocate(bytes, area) : tryAllocate(bytes, area);
  }

  /** Returns a run, as {@link #allocate} was asked for it; its memory goes back to the operating system at once. */
  void free(long address, long bytes, Area area);

  /** {@return the most bytes that could ever be held at once, which names the limit in no-memory messages} */
  default long capacity() {
    return Long.MAX_VALUE;
  }

  /** {@return the first address of an area's range, or 0 when the source has no ranges} */
  default long base(Area area) {
    return 0;
  }

  /** {@return the bytes of an area's range, or 0 when the source has no ranges} */
  default long span(Area area) {
    return 0;
  }

  /** {@return the bytes of this source's own mappings that are resident now, or -1 where that cannot be told} */
  default long residentBytes() {
    return -1;
  }

  /**
   * {@return a segment within a run that checks bounds; its lifetime is that of this source where it has ranges, else
   * unchecked}
   */
  default MemorySegment segment(long address, long bytes) {
    return Memory.segment(address, bytes);
  }

  /** Unmaps everything. Addresses from here must not be touched afterwards. */
  @Override
  void close();

  /** {@return what this source is, for {@code doctor} and messages} */
  String describe();
}
