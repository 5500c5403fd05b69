package dev.slablab.testing;

import dev.slablab.slab.Reclaimer;

/** Nobody helps in a shortage, and nothing ages. */
public final class NoReclaimer implements Reclaimer {
  private final long timeoutNanos;

  /** Allocations give up at once. */
  public NoReclaimer() {
    this(0);
  }

  /** Allocations give up after so long. */
  public NoReclaimer(long timeoutNanos) {
    this.timeoutNanos = timeoutNanos;
  }

  @Override
  public long relieve() {
    return 0;
  }

  @Override
  public long reclaim() {
    return 0;
  }

  @Override
  public boolean emptiesMagazines() {
    return true;
  }

  @Override
  public boolean reclaimsOnce() {
    return false;
  }

  @Override
  public void undone() {}

  @Override
  public long progress() {
    return 0;
  }

  @Override
  public long timeoutNanos() {
    return timeoutNanos;
  }

  @Override
  public long agePeriodNanos() {
    return 0;
  }
}
