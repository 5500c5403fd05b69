package dev.slablab.spec;

import org.jspecify.annotations.Nullable;

/** Flags a cache may be created with (the {@code KMC_*} flags of generation HEAD). */
public enum CacheFlag {
  /** Asks for {@link CacheType#KVMEM}; at most one type flag may be given. */
  KVMEM(CacheType.KVMEM.bit(), CacheType.KVMEM),
  /** Asks for {@link CacheType#SLAB}; at most one type flag may be given. */
  SLAB(CacheType.SLAB.bit(), CacheType.SLAB),
  /** Accepted and shown; has no effect, as in the original. */
  NODEBUG(0x2, null),
  /** The objects can be reclaimed; shown, and accounted on a Linux-backed cache. */
  RECLAIMABLE(0x200000, null);

  private final int bit;
  private final @Nullable CacheType type;

  CacheFlag(int bit, @Nullable CacheType type) {
    this.bit = bit;
    this.type = type;
  }

  /** {@return the flag's bit in the flags column of {@code /proc/spl/kmem/slab}} */
  public int bit() {
    return bit;
  }

  /** {@return the type this flag asks for, or null when this is no type flag} */
  public @Nullable CacheType type() {
    return type;
  }
}
