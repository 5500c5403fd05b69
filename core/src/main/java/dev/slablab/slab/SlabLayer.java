package dev.slablab.slab;

import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/**
 * What lies below the magazines of one cache: slow paths, which the caller takes when its magazine gave or took
 * nothing. Thread-safe.
 */
public interface SlabLayer extends ObjectLayer {
  /** Frees an object of a slab when the magazine took nothing, or is not for it. */
  void free(long object);

  /** {@return whether every free goes by {@link #freeOutside}, which none does where an address tells enough} */
  default boolean seesEveryFree() {
    return false;
  }

  /** What runs at every allocation, given what the caller wants to run; null = nothing. */
  default @Nullable ObjectConstructor atAllocation(@Nullable ObjectConstructor own) {
    return own;
  }

  /** Runs what looks at objects that others may free meanwhile ({@code rcu_read_lock}). */
  default void read(Runnable body) {
    body.run();
  }

  /** Returns the pages nothing lies in; gives the bytes. Waits for nothing. */
  default long relieve() {
    return 0;
  }

  /** One pass of the periodic work that returns what nobody needs ({@code spl_cache_age}, {@code cache_reap}). */
  void age();

  /** {@return nanoseconds from one pass to the next; 0 = there is none now} */
  long agePeriodNanos();

  /** Throws when the cache is closed for good; frees go on while it is only being closed. */
  void checkNotClosed(String what);

  /** {@return whether the cache is closed for good} */
  boolean isClosed();

  /** {@return whether this thread is in a hook that runs while a slab of the cache is built or returned} */
  boolean isInHook();
}
