package dev.slablab.linux;

import module java.base;
import dev.slablab.page.*;
import dev.slablab.slab.SlabHooks;
import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/** Makes and unmakes slabs: pages, descriptors, hooks, page map. Called without a lock. */
final class SlabPages {
  /** From one look for readers to the next. */
  private static final long LOOK_NANOS = 1_000_000;

  private final LinuxCache cache;
  private final LinuxGeometry shape;
  private final SlabHooks hooks;
  final Descriptors descriptors;
  private final KeptPages kept;
  /** Bytes of a slab in whole pages. */
  final long mappedBytes;

  SlabPages(LinuxCache cache, SlabHooks hooks, Descriptors descriptors) {
    this.cache = cache;
    this.shape = cache.shape;
    this.hooks = hooks;
    this.descriptors = descriptors;
    this.kept = new KeptPages(cache.context.clock().nanoTime());
    this.mappedBytes = Pages.roundUp(shape.slabBytes(), cache.context.source().pageSize());
  }

  /** Adds a slab to a node ({@code cache_grow}); false when there is no memory. What a constructor throws undoes it. */
  boolean grow(Node node, AllocMode mode) {
    int colour;
    try (Guard _ = node.guard.take()) {
      colour = node.nextColour();
    }
    LinuxSlab slab = null;
    // not waiting for memory: what it would wait for is the general cache's, and ours may have free objects before
    AllocMode its = mode.mayWait() ? AllocMode.NORETRY : mode;
    long outside = shape.offSlab() ? descriptors.alloc(shape.descriptorBytes(), its) : 0;
    try {
      cache.gate.enter("alloc");
      try {
        slab = shape.offSlab() && outside == 0 ? null : build(node, colour, outside, mode);
      } finally {
        try (Guard _ = node.guard.take()) {
          node.add(slab);
        }
        cache.gate.leave();
      }
    } finally {
      if (slab == null && outside != 0) {
        descriptors.free(outside, shape.descriptorBytes());
      }
    }
    return slab != null;
  }

  private @Nullable LinuxSlab build(Node node, int colour, long outside, AllocMode mode) {
    long old = kept.take();
    long base = old != 0 ? old : cache.context.source().allocate(shape.slabBytes(), Area.OBJECTS, mode);
    if (base == PageSource.NONE) {
      return null;
    }
    int constructed = 0;
    LinuxSlab slab = null;
    try {
      slab = new LinuxSlab(cache, node, base, colour, outside);
      if (cache.debug != null) {
        cache.debug.created(base, colour);
      }
      for (; hooks.perSlab() && constructed < shape.objects(); constructed++) {
        hooks.construct(slab.address(constructed), mode.mayWait() ? AllocMode.SLEEP : mode); // it is for everybody
      }
      cache.context.map().set(base, shape.slabBytes(), slab);
      new KmemEvent.SlabCreate().tell(cache.name(), mappedBytes);
      return slab;
    } catch (Throwable e) {
      Failures thrown = new Failures();
      thrown.add(e);
      for (int i = 0; i < constructed && slab != null; i++) {
        hooks.destruct(slab.address(i), thrown);
      }
      unmap(base);
      long _ = trim(cache.context.decayNanos(), thrown);
      throw e;
    }
  }

  /**
   * Unmakes a chain of unlinked slabs, after a grace period if the cache asks for one. Their pages stay for a while;
   * gives the bytes of those returned now.
   */
  long release(@Nullable LinuxSlab chain) {
    if (chain == null || !shape.has(CacheFlag.DESTROY_BY_RCU)) {
      return destroy(chain);
    }
    cache.gate.defer();
    destroyAfter(cache.readers.begin(), chain, 0);
    return 0;
  }

  private void destroyAfter(long period, LinuxSlab chain, long delay) {
    try {
      cache.context.scheduler().submit(() -> {
        if (cache.readers.isOver(period)) {
          destroyDeferred(chain);
        } else {
          destroyAfter(period, chain, Math.clamp(2 * delay, LOOK_NANOS, 128 * LOOK_NANOS));
        }
      }, delay);
    } catch (RejectedExecutionException e) { // no more tasks: nobody reads any more either
      destroyDeferred(chain);
    }
  }

  private void destroyDeferred(LinuxSlab chain) {
    cache.gate.resume();
    try {
      long _ = destroy(chain);
    } catch (RuntimeException | Error e) { // nobody else would hear of it
      System.getLogger("dev.slablab").log(System.Logger.Level.ERROR, "after the grace period: " + chain, e);
    } finally {
      cache.gate.leave();
    }
  }

  /** {@code slab_destroy}: destructors of objects in use do not run; what one throws comes when all memory is back. */
  private long destroy(@Nullable LinuxSlab chain) {
    Failures thrown = new Failures();
    SlabDebug debug = cache.debug;
    for (LinuxSlab slab = chain; slab != null; slab = slab.next) {
      LinuxSlab gone = slab;
      if (debug != null && gone.inUse == 0) {
        thrown.run(() -> debug.destroyed(gone.base, gone.colour));
      }
      for (int i = 0; hooks.perSlab() && i < shape.objects(); i++) {
        if (!slab.isLive(i)) {
          hooks.destruct(slab.address(i), thrown);
        }
      }
      unmap(gone.base);
      new KmemEvent.SlabDestroy().tell(cache.name(), mappedBytes);
      if (gone.outside != 0) {
        thrown.run(() -> descriptors.free(gone.outside, shape.descriptorBytes()));
      }
    }
    long bytes = trim(cache.gate.isClosing() ? 0 : cache.context.decayNanos(), thrown);
    thrown.rethrow();
    return bytes;
  }

  private void unmap(long base) {
    cache.context.map().set(base, shape.slabBytes(), null);
    kept.keep(base);
  }

  /** Returns all pages kept, unless the cache is being closed, which returns them itself. */
  long trim() {
    if (!cache.gate.enter()) {
      return 0;
    }
    Failures thrown = new Failures();
    long bytes = trim(0, thrown);
    cache.gate.leave();
    thrown.rethrow();
    return bytes;
  }

  /** Returns the pages kept that were not needed for so long, 0 = all; gives the bytes. */
  long trim(long decayNanos, Failures thrown) {
    long bytes = 0;
    for (long base : kept.unneeded(cache.context.clock().nanoTime(), decayNanos)) {
      thrown.run(() -> cache.context.source().free(base, shape.slabBytes(), Area.OBJECTS));
      bytes += mappedBytes;
    }
    return bytes;
  }
}
