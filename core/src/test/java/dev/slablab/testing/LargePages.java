package dev.slablab.testing;

import dev.slablab.page.*;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A page source whose pages are larger than the machine's: simulated, from longer runs of another's. Thread-safe. */
public final class LargePages extends ForwardingPageSource {
  private final int page;
  /** From the run we gave to the one we got. */
  private final Map<Long, Long> runs = new ConcurrentHashMap<>();

  public LargePages(PageSource source, int page) {
    super(source);
    this.page = page;
  }

  @Override
  public int pageSize() {
    return page;
  }

  @Override
  public long allocate(long bytes, Area area) {
    long got = source.allocate(Pages.roundUp(bytes, page) + page, area);
    if (got == NONE) {
      return NONE;
    }
    long given = Pages.roundUp(got, page);
    runs.put(given, got);
    return given;
  }

  @Override
  public void free(long address, long bytes, Area area) {
    source.free(runs.remove(address), Pages.roundUp(bytes, page) + page, area);
  }
}
