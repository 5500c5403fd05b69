package dev.slablab.page;

import java.util.Random;
import java.util.function.LongPredicate;

/**
 * Refuses requests by chance, after Linux's failslab: with a probability in per cent, every {@code interval}-th of
 * those that are concerned at most, {@code times} in all (-1 = without end), and none of the first {@code space} bytes.
 * The filter says by their length whose requests are concerned. Thread-safe; the same seed refuses the same of one
 * thread's.
 */
public final class FailslabPageSource extends ForwardingPageSource {
  private final Random random;
  private int probability;
  private int interval = 1;
  private long times;
  private long space;
  private LongPredicate concerned = _ -> true;
  private long seen;
  private long refused;

  /** Refuses nothing until it is told to. */
  public FailslabPageSource(PageSource source, long seed) {
    super(source);
    this.random = new Random(seed);
  }

  /** Sets what is refused from now on. */
  public synchronized void set(int percent, int every, long most, long bytesBefore, LongPredicate whose) {
    probability = percent;
    interval = every;
    times = most;
    space = bytesBefore;
    concerned = whose;
    seen = 0;
  }

  /** Refuses nothing any more. */
  public void off() {
    set(0, 1, 0, 0, _ -> true);
  }

  /** Requests refused so far. */
  public synchronized long refused() {
    return refused;
  }

  @Override
  public long allocate(long bytes, Area area) {
    return refuses(bytes) ? NONE : source.allocate(bytes, area);
  }

  @Override
  public long tryAllocate(long bytes, Area area) {
    return refuses(bytes) ? NONE : source.tryAllocate(bytes, area);
  }

  private synchronized boolean refuses(long bytes) {
    if (times == 0 || !concerned.test(bytes)) {
      return false;
    }
    if (space > bytes) {
      space -= bytes;
      return false;
    }
    if (++seen % interval != 0 || random.nextInt(100) >= probability) {
      return false;
    }
    times -= times > 0 ? 1 : 0;
    refused++;
    return true;
  }
}
