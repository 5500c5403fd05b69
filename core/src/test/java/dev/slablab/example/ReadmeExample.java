package dev.slablab.example;

import dev.slablab.Kmem;
import dev.slablab.KmemCache;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The README's example: what stands between the markers is compared with it, and run. */
public final class ReadmeExample {
  private ReadmeExample() {}

  /** Runs it. */
  public static void main(String[] args) {
    // README
    try (Kmem kmem = Kmem.create();
        KmemCache cache = kmem.createCache(CacheSpec.of("buffers", 4096).align(64))) {
      long address = cache.alloc(); // the fast path: an address, its content undefined
      cache.free(address);

      MemorySegment buffer = cache.allocSegment(); // the same memory with checked bounds
      buffer.set(ValueLayout.JAVA_LONG, 0, 42);
      cache.free(buffer);

      long perhaps = cache.alloc(AllocMode.NOSLEEP); // never waits; 0 when there is no memory
      if (perhaps != 0) {
        cache.free(perhaps);
      }
      System.out.print(kmem.slabText()); // as /proc/spl/kmem/slab prints it
    } // a cache closed with objects in use throws, and counts them
    // README
  }
}
