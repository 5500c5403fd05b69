package dev.slablab.testing;

import dev.slablab.page.Area;
import dev.slablab.page.PageSource;

/**
 * Runs of a single page out of a given range, lowest address first; what lies behind the addresses is the test's
 * affair. A run that comes back twice is an error. Thread-safe.
 */
public final class PagePool implements PageSource {
  /** Bytes of a page. */
  public static final int PAGE = 4096;

  private final long first;
  private final boolean[] used;
  private int refuse;
  private int given;

  /** So many pages from an address on. */
  public PagePool(long first, int pages) {
    this.first = first;
    this.used = new boolean[pages];
  }

  /** So many of the next requests are refused. */
  public synchronized void refuse(int requests) {
    refuse = requests;
  }

  /** Runs given so far. */
  public synchronized int given() {
    return given;
  }

  /** Runs in use. */
  public synchronized int inUse() {
    int n = 0;
    for (boolean page : used) {
      n += page ? 1 : 0;
    }
    return n;
  }

  /** Which page of the range an address is in. */
  public int page(long address) {
    return (int) ((address - first) / PAGE);
  }

  @Override
  public int pageSize() {
    return PAGE;
  }

  @Override
  public synchronized long allocate(long bytes, Area area) {
    if (bytes > PAGE) {
      throw new IllegalArgumentException("bytes = " + bytes);
    }
    if (refuse > 0) {
      refuse--;
      return NONE;
    }
    for (int i = 0; i < used.length; i++) {
      if (!used[i]) {
        used[i] = true;
        given++;
        return first + (long) i * PAGE;
      }
    }
    return NONE;
  }

  @Override
  public synchronized void free(long address, long bytes, Area area) {
    if (!used[page(address)]) {
      throw new IllegalStateException("page " + page(address) + " came back twice");
    }
    used[page(address)] = false;
  }

  @Override
  public void close() {}

  @Override
  public String describe() {
    return "a pool of " + used.length + " pages";
  }
}
