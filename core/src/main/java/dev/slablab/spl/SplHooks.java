package dev.slablab.spl;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
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

  /** Runs the destructor; returns what it threw, or null, chained to what an earlier one threw. */
  @Nullable Throwable destruct(long object, @Nullable Throwable earlier) {
    if (destructor == null) {
      return earlier;
    }
    try {
      destructor.destruct(object, priv);
      return earlier;
    } catch (Throwable e) {
      if (earlier == null) {
        return e;
      }
      if (earlier != e) { // a hook may throw one and the same object; nothing suppresses itself
        earlier.addSuppressed(e);
      }
      return earlier;
    }
  }

  /** Throws what a hook threw, as it is; hooks declare no checked exception. */
  static void rethrow(@Nullable Throwable thrown) {
    switch (thrown) {
      case null -> { }
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException("a hook threw a checked exception", thrown);
    }
  }
}
