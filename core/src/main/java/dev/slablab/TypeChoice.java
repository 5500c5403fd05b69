package dev.slablab;

import dev.slablab.spec.*;

/** Which allocator a cache belongs to ({@code spl_kmem_cache_create}); an explicit type wins. */
final class TypeChoice {
  private TypeChoice() {}

  static CacheType choose(CacheSpec spec, Tunables tunables) {
    CacheType asked = spec.type();
    if (asked != null) {
      return asked;
    }
    // The raw requested size counts, without trailer or alignment; a limit of 0 is below every size.
    return spec.size() <= tunables.get(Tunable.SPL_KMEM_CACHE_SLAB_LIMIT) ? CacheType.SLAB : CacheType.KVMEM;
  }
}
