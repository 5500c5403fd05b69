package dev.slablab.percpu;

/** The fields of a {@link Magazine}, between its pads; modes and guards: see the package text. */
abstract class MagazineFields extends Pad {
  /** 0 = free, 1 = taken. */
  int lock;
  int avail;
  /** 0 while the cache is closed, so that every operation ends in the slow path and learns it there. */
  int capacity;
  /** Objects popped so far. */
  long pops;
  /** Objects moved in by {@code store} minus objects moved out by {@code takeOldest}, so far. */
  long moved;
  /** {@link #pops} at the last look of ageing. */
  long aged;
  long[] objects = {};
}
