package dev.slablab.percpu;

import org.jspecify.annotations.Nullable;

/** The fields of a {@link Lease}, between its pads; modes and guards: see the package text. */
abstract class LeaseFields extends Pad {
  /** The thread whose lease it is while it is in force; null once it is revoked. */
  @Nullable Thread owner;
  /** 1 inside the section. Written by the owner alone. */
  int busy;
  int avail;
  /** As in {@link MagazineFields}; a new lease of the same slot goes on counting where the old one stopped. */
  long pops;
  long moved;
  /** The thread it was made for; tells, before anything is written, whether the caller may write. */
  final @Nullable Thread thread;
  final long[] objects;

  LeaseFields(@Nullable Thread thread, long[] objects) {
    this.thread = thread;
    this.objects = objects;
  }
}
