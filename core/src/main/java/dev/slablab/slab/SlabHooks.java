package dev.slablab.slab;

import dev.slablab.spec.*;

/** The hooks this layer runs: those of slabs that come and go, and of emergency objects. Never under a lock. */
public record SlabHooks(CacheSpec spec) {
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
}
