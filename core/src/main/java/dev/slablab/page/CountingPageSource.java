package dev.slablab.page;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** Counts the runs another source gives, refuses and takes back. Thread-safe; exact when no call is under way. */
@SuppressWarnings("doclint:missing") // the names say it
public final class CountingPageSource extends ForwardingPageSource {
  private final LongAdder allocations = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder frees = new LongAdder();
  private final LongAdder heldBytes = new LongAdder();

  public CountingPageSource(PageSource source) {
    super(source);
  }

  @Override
  public long allocate(long bytes, Area area) {
    return counted(bytes, () -> source.allocate(bytes, area));
  }

  @Override
  public long tryAllocate(long bytes, Area area) {
    return counted(bytes, () -> source.tryAllocate(bytes, area));
  }

  private long counted(long bytes, LongSupplier request) {
    long address = NONE;
    try {
      address = request.getAsLong();
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
