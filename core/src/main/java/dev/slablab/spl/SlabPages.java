package dev.slablab.spl;

import dev.slablab.page.*;
import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/** Makes and unmakes slabs: pages, descriptors, per-slab hooks, page map. Called without a lock. */
record SlabPages(SplCache cache, SplGeometry geometry, long mappedBytes) {
  SlabPages(SplCache cache) {
    this(cache, cache.geometry, Pages.roundUp(cache.geometry.slabBytes(), cache.context.source().pageSize()));
  }

  /** {@code spl_slab_alloc}: null when there are no pages. What a constructor throws undoes the slab. */
  @Nullable Slab build() {
    long base = cache.context.source().allocate(geometry.slabBytes(), Area.OBJECTS);
    if (base == PageSource.NONE) {
      return null;
    }
    Slab slab = new Slab(cache, base);
    int constructed = 0;
    try {
      cache.layout.format(slab);
      if (cache.hooks.perSlab()) {
        for (; constructed < geometry.objects(); constructed++) {
          cache.hooks.construct(geometry.address(base, constructed), AllocMode.SLEEP);
        }
      }
      cache.context.map().set(base, geometry.slabBytes(), slab);
      new KmemEvent.SlabCreate().tell(cache.name(), mappedBytes);
      return slab;
    } catch (Throwable e) {
      Failures thrown = new Failures();
      thrown.add(e);
      for (int i = 0; i < constructed; i++) {
        cache.hooks.destruct(geometry.address(base, i), thrown);
      }
      giveBack(slab);
      throw e;
    }
  }

  /** {@code spl_slab_free} for a chain. No destructor of an object in use runs; what others throw comes in the end. */
  long release(@Nullable Slab chain) {
    long bytes = 0;
    Failures thrown = new Failures();
    for (Slab slab = chain; slab != null; slab = slab.next) {
      if (cache.hooks.perSlab()) {
        for (int i = 0; i < geometry.objects(); i++) {
          if (slab.ref == 0 || !cache.layout.isOut(slab, i)) {
            cache.hooks.destruct(geometry.address(slab.base, i), thrown);
          }
        }
      }
      giveBack(slab);
      new KmemEvent.SlabDestroy().tell(cache.name(), mappedBytes);
      bytes += mappedBytes;
    }
    thrown.rethrow();
    return bytes;
  }

  private void giveBack(Slab slab) {
    cache.context.map().set(slab.base, geometry.slabBytes(), null);
    cache.context.source().free(slab.base, geometry.slabBytes(), Area.OBJECTS);
  }
}
