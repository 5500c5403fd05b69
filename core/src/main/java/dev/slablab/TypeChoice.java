package dev.slablab;

import dev.slablab.spec.*;
import dev.slablab.spl.SplGeometry;

/** Which allocator a cache belongs to ({@code spl_kmem_cache_create}); an explicit type wins. */
final class TypeChoice {
  private TypeChoice() {}

  static CacheType choose(CacheSpec spec, Tunables tunables) {
    CacheType asked = spec.type();
    if (asked != null) {
      return asked;
    }
    // The raw requested size counts, without trailer or alignment; a limit of 0 is below every size.
    if (spec.size() <= tunables.get(Tunable.SPL_KMEM_CACHE_SLAB_LIMIT)) {
      return CacheType.SLAB;
    }
    long kmem = tunables.get(Tunable.SPL_KMEM_CACHE_KMEM_LIMIT); // here the trailer counts, and must not overflow
    return switch ((int) tunables.get(Tunable.CACHE_TYPE)) {
      case 0 -> CacheType.KVMEM;
      case 1 -> spec.size() <= kmem && SplGeometry.stride(spec.size(), spec.align(), ObjectLayout.TRAILER) <= kmem
          ? CacheType.KMEM : CacheType.VMEM;
      default -> CacheType.OFFSLAB;
    };
  }
}
