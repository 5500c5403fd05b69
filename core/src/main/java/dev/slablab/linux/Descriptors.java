package dev.slablab.linux;

import dev.slablab.spec.AllocMode;

/** Where off-slab descriptors come from: the general caches. */
public interface Descriptors {
  /** Gives an object's address; 0 when there is no memory, with NOSLEEP and NORETRY only. */
  long alloc(long bytes, AllocMode mode);

  void free(long address, long bytes);

  /** Whether so many bytes are in use there, for verification. */
  boolean isInUse(long address, long bytes);
}
