package dev.slablab;

import dev.slablab.spec.AllocMode;
import java.lang.foreign.MemorySegment;

/** The operations of a cache that a broken twin may do otherwise. */
class FuzzSubject {
  long alloc(KmemCache cache, AllocMode mode) {
    return cache.alloc(mode);
  }

  void free(KmemCache cache, long object) {
    cache.free(object);
  }

  void free(KmemCache cache, MemorySegment segment) {
    cache.free(segment);
  }

  long reap(KmemCache cache) {
    return cache.reap();
  }

  void retune(Kmem kmem, String line) {
    kmem.retune(line);
  }
}
