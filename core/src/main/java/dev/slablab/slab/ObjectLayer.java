package dev.slablab.slab;

import dev.slablab.spec.*;

/** The part of a {@link SlabLayer} that a {@link DebugLayer} may stand around. Thread-safe. */
public interface ObjectLayer {
  /** Allocates when the magazine gave nothing; 0 when there is no memory, with NOSLEEP and NORETRY only. */
  long allocate(AllocMode mode);

  /** Frees what no magazine takes, an emergency object for one; false when it is an ordinary object after all. */
  boolean freeOutside(long object);

  /** Takes back an object whose constructor threw this; no destructor runs. */
  void undo(long object, Throwable cause);

  /** Empties every magazine and returns every empty slab; gives the bytes returned. */
  long reap();

  /**
   * Closes the cache; frees that are under way go straight to their slabs meanwhile. Tells what leaked: if the caller
   * insists, that is released without its destructors, else the cache is open again; destructors' throws are collected.
   */
  LeakReport close(boolean insist, Failures thrown);

  /** {@return a snapshot, exact when no operation is under way} */
  CacheStats stats();

  /** Walks every structure and checks the invariants of the package text. Call at a quiet point. */
  void verify();
}
