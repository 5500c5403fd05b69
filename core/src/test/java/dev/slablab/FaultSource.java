package dev.slablab;

import dev.slablab.page.ArenaPageSource;
import dev.slablab.page.Area;
import dev.slablab.page.ForwardingPageSource;
import dev.slablab.page.PageSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A page source that keeps its own books and lets a test step in before and after each call. What the allocator does
 * wrong (a run freed twice, with another length, or after the source was closed) is noted, never done.
 */
final class FaultSource extends ForwardingPageSource {
  private final Map<Long, Long> runs = new HashMap<>();
  private final List<String> wrong = new ArrayList<>();
  private boolean closed;
  volatile Hook afterAllocate = (address, bytes, area) -> { };
  volatile Hook beforeFree = (address, bytes, area) -> { };

  /** Called without a lock on the thread that calls the source. */
  interface Hook {
    void at(long address, long bytes, Area area);
  }

  FaultSource() {
    this(new ArenaPageSource());
  }

  FaultSource(PageSource source) {
    super(source);
  }

  @Override
  public long allocate(long bytes, Area area) {
    long address;
    synchronized (runs) {
      address = closed ? NONE : source.allocate(bytes, area);
      if (address != NONE && runs.put(address, bytes) != null) {
        wrong.add("given twice: " + address);
      }
    }
    if (address != NONE) {
      afterAllocate.at(address, bytes, area);
    }
    return address;
  }

  @Override
  public void free(long address, long bytes, Area area) {
    beforeFree.at(address, bytes, area);
    synchronized (runs) {
      Long length = runs.remove(address);
      if (closed || length == null || length != bytes) {
        wrong.add("free of " + address + " + " + bytes + ", known length " + length + ", closed = " + closed);
      } else {
        source.free(address, bytes, area);
      }
    }
  }

  /** Runs outstanding. */
  int outstanding() {
    synchronized (runs) {
      return runs.size();
    }
  }

  /** What the allocator did wrong. */
  List<String> wrong() {
    synchronized (runs) {
      return List.copyOf(wrong);
    }
  }

  boolean isClosed() {
    synchronized (runs) {
      return closed;
    }
  }

  @Override
  public void close() {
    synchronized (runs) {
      closed = true;
      source.close();
      runs.clear();
    }
  }

  @Override
  public String describe() {
    return "test source";
  }
}
