package dev.slablab.spl;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Failures;
import dev.slablab.spec.ObjectConstructor;
import dev.slablab.spec.ObjectDestructor;
import org.jspecify.annotations.Nullable;

/** The hooks this layer runs: those of slabs that come and go, and of emergency objects. Never under a lock. */
record SplHooks(@Nullable ObjectConstructor constructor, @Nullable ObjectDestructor destructor, @Nullable Object priv,
    boolean perSlab) {
  SplHooks(CacheSpec spec) {
    this(spec.constructor(), spec.destructor(), spec.priv(),
        spec.constructorPlacement() == ConstructorPlacement.PER_SLAB);
  }

  void construct(long object, AllocMode mode) {
    if (constructor != null) {
      constructor.construct(object, priv, mode);
    }
  }

  /** Runs the destructor; what it throws is collected. */
  void destruct(long object, Failures thrown) {
    ObjectDestructor hook = destructor;
    if (hook != null) {
      thrown.run(() -> hook.destruct(object, priv));
    }
  }
}
