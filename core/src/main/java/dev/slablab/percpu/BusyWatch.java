package dev.slablab.percpu;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reports leases that drains find busy for more than a second: a section is a few dozen instructions, so their threads
 * are stopped or starved. Nothing is forced. The slot table's lock guards everything here but the report, which has a
 * thread of its own: a log handler may ask for what the drain keeps locked, and a close that waits shall be reported.
 */
final class BusyWatch {
  private static final System.Logger LOG = System.getLogger("dev.slablab.percpu");
  private static final long REPORT_NANOS = 1_000_000_000;

  /** A lease that was found busy, its activity then, and since when. */
  private record Look(Lease lease, long activity, long since, boolean reported) {}

  private final LongSupplier clock;
  private final @Nullable Look[] looks;

  BusyWatch(int slots, LongSupplier clock) {
    this.clock = clock;
    this.looks = new Look[slots];
  }

  /** Notes that a slot's lease is busy; a lease that has moved on since the last look begins anew. */
  void busy(int slot, Lease lease) {
    long now = clock.getAsLong();
    Look last = looks[slot];
    if (last == null || last.lease != lease || last.activity != lease.activity()) {
      looks[slot] = new Look(lease, lease.activity(), now, false);
    } else if (!last.reported && now - last.since > REPORT_NANOS) {
      looks[slot] = new Look(lease, last.activity, last.since, true);
      Thread owner = lease.living();
      Thread _ = Thread.startVirtualThread(() -> LOG.log(System.Logger.Level.WARNING, "slot = " + slot + ": " + owner
          + " has been inside a section for " + (now - last.since) / 1_000_000 + " ms: it is stopped, or gets no CPU;"
          + " reap and ageing pass over the " + lease.avail() + " free objects there, retune and close wait for it"));
    }
  }
}
