package dev.slablab.page;

import module java.base;
import dev.slablab.spec.KmemException;

/**
 * Page runs from {@link Arena}s, one arena a run: for platforms without {@code mmap}. There is no range, so every free
 * looks its address up in the page map. Arenas zero, thus touch, what they give. Thread-safe.
 */
@SuppressWarnings("doclint:missing") // of the constructor
public final class ArenaPageSource implements PageSource {
  private static final int PAGE = 4096;

  private final Map<Long, Arena> runs = new ConcurrentHashMap<>();
  private volatile boolean closed;

  @Override
  public int pageSize() {
    return PAGE;
  }

  @Override
  public long allocate(long bytes, Area area) {
    if (closed || bytes > Long.MAX_VALUE - PAGE) { // rounding would overflow
      return NONE;
    }
    Arena arena = Arena.ofShared();
    try {
      long address = arena.allocate(Pages.roundUp(bytes, PAGE), PAGE).address();
      runs.put(address, arena);
      return address;
    } catch (OutOfMemoryError e) {
      arena.close();
      return NONE;
    }
  }

  @Override
  public void free(long address, long bytes, Area area) {
    Arena arena = runs.remove(address);
    if (arena == null) {
      throw KmemException.Usage.of("address", Memory.hex(address), "not a page run of " + describe());
    }
    arena.close();
  }

  @Override
  public void close() {
    closed = true;
    runs.values().forEach(Arena::close);
    runs.clear();
  }

  @Override
  public String describe() {
    return "java.lang.foreign arenas, pages of " + PAGE + " bytes";
  }
}
