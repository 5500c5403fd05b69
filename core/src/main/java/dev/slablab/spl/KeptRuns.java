package dev.slablab.spl;

import module java.base;
import org.jspecify.annotations.Nullable;

/** Page runs kept for a while after they were freed: a page the system took back costs a fault. Thread-safe. */
final class KeptRuns {
  /** What is kept at most: this part of the bytes in use, or a few large blocks that come and go. */
  private static final int PART = 8;
  private static final long ALWAYS_BYTES = 1 << 20;
  /** A run is good for requests that it exceeds by at most this part of theirs: one size class. */
  private static final int SLACK = 8;

  /** One run and when it was freed, by the clock. */
  record Kept(long base, long bytes, long since) {}

  /** By size, those freed last first. */
  private final TreeMap<Long, ArrayDeque<Kept>> runs = new TreeMap<>();
  private long bytes;

  /** Takes the run that fits best; null when none does. */
  synchronized @Nullable Kept take(long wanted) {
    Map.Entry<Long, ArrayDeque<Kept>> best = runs.ceilingEntry(wanted);
    if (best == null || best.getKey() - wanted > wanted / SLACK) {
      return null;
    }
    Kept run = best.getValue().removeFirst();
    if (best.getValue().isEmpty()) {
      runs.remove(best.getKey());
    }
    bytes -= run.bytes;
    return run;
  }

  /** Keeps a run; false when that would be too much beside what is in use. */
  synchronized boolean keep(Kept run, long inUse) {
    if (bytes + run.bytes > Math.max(ALWAYS_BYTES, inUse / PART)) {
      return false;
    }
    bytes += run.bytes;
    runs.computeIfAbsent(run.bytes, _ -> new ArrayDeque<>()).addFirst(run);
    return true;
  }

  /** Gives up the runs that were freed before a time; they are the caller's. */
  synchronized List<Kept> before(long time) {
    List<Kept> old = new ArrayList<>();
    for (Iterator<ArrayDeque<Kept>> sizes = runs.values().iterator(); sizes.hasNext(); ) {
      ArrayDeque<Kept> size = sizes.next();
      while (!size.isEmpty() && size.getLast().since - time < 0) {
        old.add(size.removeLast());
      }
      if (size.isEmpty()) {
        sizes.remove();
      }
    }
    bytes -= old.stream().mapToLong(Kept::bytes).sum();
    return old;
  }
}
