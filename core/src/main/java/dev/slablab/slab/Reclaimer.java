package dev.slablab.slab;

/** What a cache in shortage asks of the allocator instance it belongs to. Thread-safe, called without a lock. */
public interface Reclaimer {
  /** Reaps every cache of the instance, unless somebody is at it already. */
  long reclaim();

  /** {@return bytes of pages that nobody used, given back without any wait} */
  long relieve();

  /** {@return a number that changes whenever pages went back to the page source} */
  long progress();

  /** {@return nanoseconds without progress after which an allocation gives up} */
  long timeoutNanos();

  /** {@return nanoseconds between two passes of ageing by age, a third of it; 0 = none} */
  long agePeriodNanos();
}
