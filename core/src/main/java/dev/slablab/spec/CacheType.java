package dev.slablab.spec;

/** Which allocator serves a cache, and how its slabs are cut. */
public enum CacheType {
  /** The SPL's own slabs on page runs of exact length. */
  KVMEM,
  /** The SPL's on a power of two of pages, from two up to 128 (0.6.5.9). */
  KMEM,
  /** As {@link #KVMEM}, under the name it had in 0.6.5.9. */
  VMEM,
  /** The SPL's, each object on a power of two of pages of its own (0.6.5.9). */
  OFFSLAB,
  /** The Linux SLAB allocator. */
  SLAB
}
