package dev.slablab.spec;

/** State bits of a cache, as the flags column of {@code /proc/spl/kmem/slab} shows them. */
public enum CacheState {
  /** A growth took longer than the grow wait; emergency objects are served until one succeeds. */
  DEADLOCKED(0x4000),
  /** A slab is being built. */
  GROWING(0x8000),
  /** A reap is running. */
  REAPING(0x10000),
  /** The cache is being closed, or is closed. */
  DESTROY(0x20000);

  private final int bit;

  CacheState(int bit) {
    this.bit = bit;
  }

  /** {@return the bit of this state} */
  public int bit() {
    return bit;
  }
}
