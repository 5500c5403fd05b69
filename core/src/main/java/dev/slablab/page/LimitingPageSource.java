package dev.slablab.page;

import dev.slablab.spec.Tunable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Refuses what would exceed a limit: the most bytes, in whole pages, held of another source at once. Thread-safe. */
@SuppressWarnings("doclint:missing") // of the constructor
public final class LimitingPageSource extends ForwardingPageSource {
  private final long limit;
  private final AtomicLong held = new AtomicLong();

  public LimitingPageSource(PageSource source, long limit) {
    super(source);
    this.limit = limit;
  }

  @Override
  public long allocate(long bytes, Area area) {
    return limited(bytes, () -> source.allocate(bytes, area));
  }

  @Override
  public long tryAllocate(long bytes, Area area) {
    return limited(bytes, () -> source.tryAllocate(bytes, area));
  }

  private long limited(long bytes, LongSupplier request) {
    long rounded = Pages.roundUp(bytes, pageSize());
    if (rounded < bytes || rounded > limit - held.getAndUpdate(now -> now + (rounded > limit - now ? 0 : rounded))) {
      return NONE; // the first: rounding has overflowed
    }
    long address = NONE;
    try {
      address = request.getAsLong();
      return address;
    } finally {
      if (address == NONE) {
        held.addAndGet(-rounded);
      }
    }
  }

  @Override
  public void free(long address, long bytes, Area area) {
    source.free(address, bytes, area);
    held.addAndGet(-Pages.roundUp(bytes, pageSize()));
  }

  @Override
  public long capacity() {
    return Math.min(limit, source.capacity());
  }

  /** {@return bytes held now, in whole pages} */
  public long heldBytes() {
    return held.get();
  }

  @Override
  public String describe() {
    return source.describe() + ", " + Tunable.MEMORY_LIMIT.key() + " = " + limit;
  }
}
