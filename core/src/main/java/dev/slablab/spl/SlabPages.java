package dev.slablab.spl;

import dev.slablab.page.*;
import dev.slablab.spec.*;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Makes and unmakes slabs: pages, descriptors, per-slab hooks, page map. Called without a lock. */
record SlabPages(SplCache cache, SplGeometry geometry, long mappedBytes) {
  SlabPages(SplCache cache) {
    this(cache, cache.geometry, Pages.roundUp(cache.geometry.slabBytes(), cache.context.source().pageSize()));
  }

  /** {@code spl_slab_alloc}: null when there are no pages. What a constructor throws undoes the slab. */
  @Nullable Slab build() {
    Slab slab = new Slab(cache);
    int constructed = 0;
    try {
      if (!obtain(slab)) {
        slab.forEachRun((_, _) -> cache.context.reclaimer().undone()); // or its failures would keep a shortage alive
        giveBack(slab);
        return null;
      }
      cache.layout.format(slab);
      if (cache.hooks.perSlab()) {
        for (; constructed < geometry.objects(); constructed++) {
          cache.hooks.construct(slab.address(constructed), AllocMode.SLEEP);
        }
      }
      slab.forEachRun((address, bytes) -> cache.context.map().set(address, bytes, slab));
      new KmemEvent.SlabCreate().tell(cache.name(), mappedBytes);
      return slab;
    } catch (Throwable e) {
      Failures thrown = new Failures();
      thrown.add(e);
      for (int i = 0; i < constructed; i++) {
        cache.hooks.destruct(slab.address(i), thrown);
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
            cache.hooks.destruct(slab.address(i), thrown);
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

  private boolean obtain(Slab slab) {
    long own = geometry.runBytes();
    slab.base = own == 0 ? 0 : cache.context.source().allocate(own, Area.OBJECTS);
    if (geometry.type() != CacheType.OFFSLAB) {
      return slab.base != PageSource.NONE;
    }
    boolean complete = own == 0 || slab.base != PageSource.NONE;
    slab.blocks = new long[complete ? geometry.objects() : 0];
    for (int i = 0; complete && i < slab.blocks.length; i++) {
      slab.blocks[i] = cache.context.source().allocate(geometry.stride(), Area.OBJECTS);
      complete = slab.blocks[i] != PageSource.NONE;
    }
    Arrays.sort(slab.blocks);
    slab.base = own == 0 && complete ? slab.blocks[0] : slab.base;
    return complete;
  }

  private void giveBack(Slab slab) {
    slab.forEachRun((address, bytes) -> {
      cache.context.map().set(address, bytes, null);
      cache.context.source().free(address, bytes, Area.OBJECTS);
    });
  }
}
