package dev.slablab.slab;

import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/**
 * What lies below the magazines of one cache: slow paths, which the caller takes when its magazine gave or took
 * nothing. Thread-safe.
 */
public interface SlabLayer {
  /** Allocates when the magazine gave nothing; 0 when there is no memory, with NOSLEEP and NORETRY only. */
  long allocate(AllocMode mode);

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

  /** Frees what no magazine takes, an emergency object for one; false when it is an ordinary object after all. */
  boolean freeOutside(long object);

  /** Takes back an object whose constructor threw this; no destructor runs. */
  void undo(long object, Throwable cause);

  /** Runs what looks at objects that others may free meanwhile ({@code rcu_read_lock}). */
  default void read(Runnable body) {
    body.run();
  }

  /** Empties every magazine and returns every empty slab; gives the bytes returned. */
  long reap();

  /** Returns the pages nothing lies in; gives the bytes. Waits for nothing. */
  default long relieve() {
    return 0;
  }

  /** One pass of the periodic work that returns what nobody needs ({@code spl_cache_age}, {@code cache_reap}). */
  void age();

  /** {@return nanoseconds from one pass to the next; 0 = there is none now} */
  long agePeriodNanos();

  /**
   * Closes the cache; frees that are under way go straight to their slabs meanwhile. Tells what leaked: if the caller
   * insists, that is released without its destructors, else the cache is open again. What destructors threw is
   * collected.
   */
  LeakReport close(boolean insist, Failures thrown);

  /** Throws when the cache is closed for good; frees go on while it is only being closed. */
  void checkNotClosed(String what);

  /** {@return whether the cache is closed for good} */
  boolean isClosed();

  /** {@return whether this thread is in a hook that runs while a slab of the cache is built or returned} */
  boolean isInHook();

  /** {@return a snapshot, exact when no operation is under way} */
  CacheStats stats();

  /** Walks every structure and checks the invariants of the package text. Call at a quiet point. */
  void verify();
}
