package dev.slablab.example;

import dev.slablab.Kmem;
import dev.slablab.KmemCache;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import java.lang.foreign.Arena;
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

      long perhaps = kmem.alloc(100, AllocMode.NOSLEEP); // any size; never waits, 0 when there is no memory
      kmem.free(kmem.realloc(perhaps, 300)); // waits if it must; free finds the cache by the address
      try (Arena arena = kmem.arena()) { // as the JDK's: zeroed, confined, all freed by close
        arena.allocateFrom("words");
      }
      System.out.print(kmem.slabText()); // as /proc/spl/kmem/slab prints it
    } // a cache closed with objects in use throws, and counts them
    // README
  }
}
