package dev.slablab.spec;

/** Which allocator serves a cache. */
public enum CacheType {
  /** The SPL's own slabs on page runs of exact length. */
  KVMEM(0x80),
  /** The Linux SLAB allocator. */
  SLAB(0x100);

  private final int bit;

  CacheType(int bit) {
    this.bit = bit;
  }

  /** {@return the type's bit in the flags column of {@code /proc/spl/kmem/slab}} */
  public int bit() {
    return bit;
  }
}
