package dev.slablab.page;

import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Carves one range into page runs: address-ordered best fit over free extents, coalescing at once.
 *
 * <p>Thread-safe; its lock is a leaf and short, so a NOSLEEP allocation may take it.
 */
final class RunAllocator {
  private final ReentrantLock lock = new ReentrantLock();
  /** First page to length. No two extents touch. */
  private final TreeMap<Long, Long> byStart = new TreeMap<>();
  /** The same extents, shortest first, lower address first among equals. */
  private final TreeSet<Extent> bySize = new TreeSet<>();
  private final long pages;
  private long freePages;

  RunAllocator(long pages) {
    this.pages = pages;
    this.freePages = pages;
    add(0, pages);
  }

  /** Takes a run; returns its first page, or -1 when no extent is long enough. */
  long allocate(long length) {
    lock.lock();
    try {
      Extent fit = bySize.ceiling(new Extent(length, 0));
      if (fit == null) {
        return -1;
      }
      remove(fit);
      if (fit.length > length) {
        add(fit.start + length, fit.length - length);
      }
      freePages -= length;
      return fit.start;
    } finally {
      lock.unlock();
    }
  }

  /** Whether no page of a run is free. */
  boolean inUse(long start, long length) {
    lock.lock();
    try {
      Map.Entry<Long, Long> below = byStart.floorEntry(start);
      Map.Entry<Long, Long> above = byStart.ceilingEntry(start);
      return start >= 0 && start + length <= pages && (below == null || below.getKey() + below.getValue() <= start)
          && (above == null || above.getKey() >= start + length);
    } finally {
      lock.unlock();
    }
  }

  /** Puts a run back, merged with its free neighbours. */
  void free(long start, long length) {
    lock.lock();
    try {
      if (!inUse(start, length)) {
        throw new IllegalStateException("page run " + start + " + " + length + " is not in use");
      }
      Map.Entry<Long, Long> below = byStart.floorEntry(start);
      Map.Entry<Long, Long> above = byStart.ceilingEntry(start);
      long first = start;
      long end = start + length;
      if (below != null && below.getKey() + below.getValue() == start) {
        first = below.getKey();
        remove(new Extent(below.getValue(), first));
      }
      if (above != null && above.getKey() == end) {
        end += above.getValue();
        remove(new Extent(above.getValue(), above.getKey()));
      }
      add(first, end - first);
      freePages += length;
    } finally {
      lock.unlock();
    }
  }

  /** The pages in use, and the end of the highest run in use. */
  Usage usage() {
    lock.lock();
    try {
      Map.Entry<Long, Long> last = byStart.lastEntry();
      boolean openEnd = last != null && last.getKey() + last.getValue() == pages;
      return new Usage(pages - freePages, openEnd ? last.getKey() : pages);
    } finally {
      lock.unlock();
    }
  }

  private void add(long start, long length) {
    byStart.put(start, length);
    bySize.add(new Extent(length, start));
  }

  private void remove(Extent extent) {
    byStart.remove(extent.start);
    bySize.remove(extent);
  }

  record Usage(long usedPages, long highPage) {}

  private record Extent(long length, long start) implements Comparable<Extent> {
    @Override
    public int compareTo(Extent other) {
      int order = Long.compare(length, other.length);
      return order != 0 ? order : Long.compare(start, other.start);
    }
  }
}
