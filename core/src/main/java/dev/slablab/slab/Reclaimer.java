package dev.slablab.slab;

/** What a cache in shortage asks of the allocator instance it belongs to. Thread-safe, called without a lock. */
public interface Reclaimer {
  /** Reaps every cache of the instance, unless somebody is at it already. */
  long reclaim();

  /** {@return bytes of pages that nobody used, given back without any wait} */
  long relieve();

  /** {@return whether a reap empties the magazines} */
  boolean emptiesMagazines();

  /** {@return whether a reap calls the reclaim callback once, whatever that gives back} */
  boolean reclaimsOnce();

  /** A page run goes back that was of no use alone: that is no progress. Called before. */
  void undone();

  /** {@return a number that rises whenever pages went back to the page source, and never else} */
  long progress();

  /** {@return nanoseconds without progress after which an allocation gives up} */
  long timeoutNanos();

  /** {@return nanoseconds between two passes of ageing by age, a third of it; 0 = none} */
  long agePeriodNanos();
}
