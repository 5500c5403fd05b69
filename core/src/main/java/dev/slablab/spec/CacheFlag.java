package dev.slablab.spec;

import org.jspecify.annotations.Nullable;

/**
 * Flags a cache may be created with, in any generation: the {@code KMC_*} flags, then the {@code SLAB_*} flags of
 * Linux. The latter ask for {@link CacheType#SLAB} and have no bit in SPL's table.
 */
public enum CacheFlag {
  /** Asks for {@link CacheType#KVMEM}; at most one of KVMEM, KMEM, VMEM and SLAB may be given. */
  KVMEM(0x80, 0, CacheType.KVMEM),
  /** Asks for {@link CacheType#KMEM}. */
  KMEM(0x20, 0x20, CacheType.KMEM),
  /** Asks for {@link CacheType#VMEM}. */
  VMEM(0x40, 0x40, CacheType.VMEM),
  /** Asks for {@link CacheType#SLAB}. */
  SLAB(0x100, 0x80, CacheType.SLAB),
  /** Asks for {@link CacheType#OFFSLAB}, with KMEM for objects within its limit; ignored with SLAB. */
  OFFSLAB(0, 0x100, CacheType.OFFSLAB),
  /** Accepted and shown; has no effect, as in the original. */
  NODEBUG(0x2, 0x2, null),
  /** Accepted and shown; has no effect, as in the original. */
  NOTOUCH(0x1, 0x1, null),
  /** Accepted and shown; has no effect. */
  NOEMERGENCY(0x200, 0x200, null),
  /** Refused: magazines cannot be switched off. */
  NOMAGAZINE(0, 0, null),
  /** Refused. */
  NOHASH(0, 0, null),
  /** Refused. */
  QCACHE(0, 0, null),
  /** The objects can be reclaimed; shown, and {@link #RECLAIM_ACCOUNT} on a Linux cache. */
  RECLAIMABLE(0x200000, 0, null),
  /** Aligns objects to the processor's cache line, small ones to a half, a quarter, … of it. */
  HWCACHE_ALIGN(0, 0, CacheType.SLAB),
  /** The objects can be reclaimed: slabs of as few pages as hold one. */
  RECLAIM_ACCOUNT(0, 0, CacheType.SLAB),
  /** Debugging: fills free objects with a pattern and checks it when they are handed out. */
  POISON(0, 0, CacheType.SLAB),
  /** Debugging: a word before and one behind every object shows underruns, overruns and double frees. */
  RED_ZONE(0, 0, CacheType.SLAB),
  /** Debugging: every object remembers who allocated or freed it last. */
  STORE_USER(0, 0, CacheType.SLAB),
  /** Memory of slabs goes when no reader is left who might look there; cannot be combined with {@link #POISON}. */
  DESTROY_BY_RCU(0, 0, CacheType.SLAB),
  /** A failure to create the cache, once its arguments are legal, is fatal. */
  PANIC(0, 0, CacheType.SLAB);

  private final int bit;
  private final int oldBit;
  private final @Nullable CacheType type;

  CacheFlag(int bit, int oldBit, @Nullable CacheType type) {
    this.bit = bit;
    this.oldBit = oldBit;
    this.type = type;
  }

  /**
   * {@return the flag's bit in the flags column of {@code /proc/spl/kmem/slab}; 0 where it would mean something else}
   *
   * @param generation whose table
   */
  public int bit(Generation generation) {
    return generation == Generation.OLD ? oldBit : bit;
  }

  /** {@return the type this flag asks for, or null when this is no type flag} */
  public @Nullable CacheType type() {
    return type;
  }
}
