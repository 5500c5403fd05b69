package dev.slablab.slab;

import module java.base;
import dev.slablab.spec.*;

/** The hooks the layers run: those of slabs that come and go, of emergency objects, of reaps. Never under a lock. */
public record SlabHooks(CacheSpec spec, Set<Thread> asking) {
  public SlabHooks(CacheSpec spec) {
    this(spec, ConcurrentHashMap.newKeySet());
  }

  /** {@return whether the hooks run when slabs come and go, not at every allocation} */
  public boolean perSlab() {
    return spec.constructorPlacement() == ConstructorPlacement.PER_SLAB;
  }

  /** Runs the constructor, if there is one. */
  public void construct(long object, AllocMode mode) {
    ObjectConstructor hook = spec.constructor();
    if (hook != null) {
      hook.construct(object, spec.priv(), mode);
    }
  }

  /** Runs the destructor; what it throws is collected. */
  public void destruct(long object, Failures thrown) {
    ObjectDestructor hook = spec.destructor();
    if (hook != null) {
      thrown.run(() -> hook.destruct(object, spec.priv()));
    }
  }

  /** Runs the reclaim callback, if there is one; a thread inside it is not asked again by the reap it is part of. */
  public void ask() {
    ReclaimCallback callback = spec.reclaim();
    if (callback != null && asking.add(Thread.currentThread())) {
      try {
        callback.reclaim(spec.priv());
      } finally {
        boolean _ = asking.remove(Thread.currentThread());
      }
    }
  }

  /** Throws where a thread inside the callback would wait. */
  public void checkMayWait(AllocMode mode) {
    if (mode.mayWait() && asking.contains(Thread.currentThread())) {
      throw new KmemException.Usage("alloc: mode = " + mode + ", cache = " + spec.name() + ": its reclaim callback may"
          + " allocate from it with NOSLEEP only, for what it waited for is the reap that it is part of");
    }
  }
}
