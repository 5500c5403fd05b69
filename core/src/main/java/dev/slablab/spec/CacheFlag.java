package dev.slablab.spec;

import org.jspecify.annotations.Nullable;

/**
 * Flags a cache may be created with: the {@code KMC_*} flags of generation HEAD, then the {@code SLAB_*} flags of
 * Linux. The latter ask for {@link CacheType#SLAB} and have no bit in SPL's table.
 */
public enum CacheFlag {
  /** Asks for {@link CacheType#KVMEM}; at most one type flag may be given. */
  KVMEM(CacheType.KVMEM.bit(), CacheType.KVMEM),
  /** Asks for {@link CacheType#SLAB}; at most one type flag may be given. */
  SLAB(CacheType.SLAB.bit(), CacheType.SLAB),
  /** Accepted and shown; has no effect, as in the original. */
  NODEBUG(0x2, null),
  /** The objects can be reclaimed; shown, and {@link #RECLAIM_ACCOUNT} on a Linux cache. */
  RECLAIMABLE(0x200000, null),
  /** Aligns objects to the processor's cache line, small ones to a half, a quarter, … of it. */
  HWCACHE_ALIGN(0, CacheType.SLAB),
  /** The objects can be reclaimed: slabs of as few pages as hold one. */
  RECLAIM_ACCOUNT(0, CacheType.SLAB),
  /** Debugging: fills free objects with a pattern and checks it when they are handed out. */
  POISON(0, CacheType.SLAB),
  /** Debugging: a word before and one behind every object shows underruns, overruns and double frees. */
  RED_ZONE(0, CacheType.SLAB),
  /** Debugging: every object remembers who allocated or freed it last. */
  STORE_USER(0, CacheType.SLAB),
  /** Memory of slabs goes when no reader is left who might look there; cannot be combined with {@link #POISON}. */
  DESTROY_BY_RCU(0, CacheType.SLAB),
  /** A failure to create the cache, once its arguments are legal, is fatal. */
  PANIC(0, CacheType.SLAB);

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
