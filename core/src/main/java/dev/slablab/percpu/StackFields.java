package dev.slablab.percpu;

import org.jspecify.annotations.Nullable;

/** The fields of a magazine, between its pads; access modes and guards: see the package text. */
abstract class StackFields extends Pad {
  private static final long[] EMPTY = new long[2 * ELEMENTS];

  /** See {@link Stack}. */
  long word;
  /** {@link Lease}: 1 once it is revoked. {@link Magazine}: the lock, 1 = taken. */
  int flag;
  /** 0 while the cache is closed, so that every operation ends in the slow path and learns it there. */
  int capacity;
  long[] objects = EMPTY;
  /** {@link Lease}: the thread it was made for; tells, before anything is written, whether the caller may write. */
  final @Nullable Thread thread;
  /** Objects moved in from the slab layer minus objects moved out to it, so far. */
  long moved;
  /** Pops up to the last look of ageing. */
  long aged;

  StackFields(@Nullable Thread thread) {
    this.thread = thread;
  }
}
