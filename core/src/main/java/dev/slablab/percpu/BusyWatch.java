package dev.slablab.percpu;

import java.util.function.LongSupplier;

/**
 * Reports leases that drains find busy for more than a second: a section is a few dozen instructions, so their threads
 * are stopped or starved. Nothing is forced. The slot table's lock guards everything here.
 */
final class BusyWatch {
  private static final System.Logger LOG = System.getLogger("dev.slablab.percpu");
  private static final long REPORT_NANOS = 1_000_000_000;

  private final LongSupplier clock;
  /** For each slot: the lease that was busy at the last look, its activity then, and since when. */
  private final Lease[] leases;
  private final long[] activity;
  private final long[] since;
  private final boolean[] reported;

  BusyWatch(int slots, LongSupplier clock) {
    this.clock = clock;
    this.leases = new Lease[slots];
    this.activity = new long[slots];
    this.since = new long[slots];
    this.reported = new boolean[slots];
  }

  /** Notes that a slot's lease is busy; a lease that has moved on since the last look begins anew. */
  void busy(int slot, Lease lease) {
    long now = clock.getAsLong();
    if (leases[slot] != lease || activity[slot] != lease.activity()) {
      leases[slot] = lease;
      activity[slot] = lease.activity();
      since[slot] = now;
      reported[slot] = false;
    } else if (!reported[slot] && now - since[slot] > REPORT_NANOS) {
      reported[slot] = true;
      LOG.log(System.Logger.Level.WARNING, "slot = " + slot + ": " + lease.living() + " has been inside a section for "
          + (now - since[slot]) / 1_000_000 + " ms: it is stopped, or gets no CPU; reap and ageing pass over the "
          + lease.avail() + " free objects there, retune and close wait for it");
    }
  }
}
