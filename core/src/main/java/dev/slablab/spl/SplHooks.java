package dev.slablab.spl;

import dev.slablab.spec.*;

/** The hooks this layer runs: those of slabs that come and go, and of emergency objects. Never under a lock. */
record SplHooks(CacheSpec spec) {
  boolean perSlab() {
    return spec.constructorPlacement() == ConstructorPlacement.PER_SLAB;
  }

  void construct(long object, AllocMode mode) {
    ObjectConstructor hook = spec.constructor();
    if (hook != null) {
      hook.construct(object, spec.priv(), mode);
    }
  }

  /** Runs the destructor; what it throws is collected. */
  void destruct(long object, Failures thrown) {
    ObjectDestructor hook = spec.destructor();
    if (hook != null) {
      thrown.run(() -> hook.destruct(object, spec.priv()));
    }
  }
}
