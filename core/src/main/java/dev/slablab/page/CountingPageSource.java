package dev.slablab.page;

import java.util.concurrent.atomic.LongAdder;

/** Counts the runs another source gives, refuses and takes back. Thread-safe; exact when no call is under way. */
@SuppressWarnings("doclint:missing") // the names say it
public final class CountingPageSource extends ForwardingPageSource {
  /** Looks for an answer to others before a request that must not wait is given up: a fraction of a millisecond. */
  private static final int LOOKS = 256;

  private final LongAdder asked = new LongAdder();
  private final LongAdder allocations = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder frees = new LongAdder();
  private final LongAdder heldBytes = new LongAdder();

  public CountingPageSource(PageSource source) {
    super(source);
  }

  @Override
  public long allocate(long bytes, Area area) {
    long address = NONE;
    asked.increment();
    try {
      address = source.allocate(bytes, area);
      return address;
    } finally {
      if (address == NONE) {
        failures.increment();
      } else {
        heldBytes.add(Pages.roundUp(bytes, pageSize()));
        allocations.increment();
      }
    }
  }

  /** Gives up where others have asked and none gets an answer; whoever is the first to ask waits all the same. */
  @Override
  public long tryAllocate(long bytes, Area area) {
    long answered = answered();
    for (int looks = 0; asked.sum() > answered && answered() == answered; looks++) {
      if (looks == LOOKS) {
        return NONE;
      }
      Thread.yield();
    }
    return allocate(bytes, area);
  }

  private long answered() {
    return allocations() + failures();
  }

  @Override
  public void free(long address, long bytes, Area area) {
    long pages = Pages.roundUp(bytes, pageSize());
    heldBytes.add(-pages); // first: another thread may get them at once
    try {
      source.free(address, bytes, area);
    } catch (RuntimeException | Error e) {
      heldBytes.add(pages);
      throw e;
    }
    frees.increment();
  }

  public long allocations() {
    return allocations.sum();
  }

  public long failures() {
    return failures.sum();
  }

  public long frees() {
    return frees.sum();
  }

  /** {@return bytes held now, in whole pages} */
  public long heldBytes() {
    return heldBytes.sum();
  }
}
