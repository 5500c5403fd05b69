package dev.slablab.page;

import module java.base;

/**
 * Carves one range into page runs: address-ordered best fit over free extents, coalescing at once. Thread-safe; its
 * monitor is a leaf and short, so a NOSLEEP allocation may take it.
 */
final class RunAllocator {
  /** First page to length. No two extents touch. */
  private final TreeMap<Long, Long> byStart = new TreeMap<>();
  /** The same extents, shortest first, lower address first among equals. */
  private final TreeSet<Extent> bySize =
      new TreeSet<>(Comparator.comparingLong(Extent::length).thenComparingLong(Extent::start));
  private final long pages;

  RunAllocator(long pages) {
    this.pages = pages;
    add(0, pages);
  }

  /** Takes a run; returns its first page, or -1 when no extent is long enough. */
  synchronized long allocate(long length) {
    Extent fit = bySize.ceiling(new Extent(length, 0));
    if (fit == null) {
      return -1;
    }
    remove(fit);
    if (fit.length > length) {
      add(fit.start + length, fit.length - length);
    }
    return fit.start;
  }

  /** Whether no page of a run is free. */
  synchronized boolean inUse(long start, long length) {
    Map.Entry<Long, Long> last = byStart.lowerEntry(start + length);
    return start >= 0 && start + length <= pages && (last == null || last.getKey() + last.getValue() <= start);
  }

  /** Puts a run back, merged with its free neighbours. */
  synchronized void free(long start, long length) {
    if (!inUse(start, length)) {
      throw new IllegalStateException("page run " + start + " + " + length + " is not in use");
    }
    long first = start;
    long end = start + length;
    Map.Entry<Long, Long> below = byStart.floorEntry(start);
    if (below != null && below.getKey() + below.getValue() == start) {
      first = below.getKey();
      remove(new Extent(below.getValue(), first));
    }
    Long above = byStart.get(end);
    if (above != null) {
      remove(new Extent(above, end));
      end += above;
    }
    add(first, end - first);
  }

  /** The end of the highest run in use. */
  synchronized long highPage() {
    Map.Entry<Long, Long> last = byStart.lastEntry();
    return last != null && last.getKey() + last.getValue() == pages ? last.getKey() : pages;
  }

  private void add(long start, long length) {
    byStart.put(start, length);
    bySize.add(new Extent(length, start));
  }

  private void remove(Extent extent) {
    byStart.remove(extent.start);
    bySize.remove(extent);
  }

  private record Extent(long length, long start) {}
}
