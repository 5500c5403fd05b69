package dev.slablab;

import module java.base;
import dev.slablab.page.*;
import dev.slablab.spec.*;

/**
 * Sampled guards of one cache, after GWP-ASan: one segment in so many has a scope of its own, which its free closes, so
 * that every later access through it throws; the open ones by address. Thread-safe.
 *
 * <p>Addresses are not guarded: a page without access ({@code mprotect}) would end the JVM by a signal.
 * A free by address leaves the scope open until the address is guarded again, or the cache closed.
 */
record Guards(String cache, long every, Map<Long, Arena> open) {
  /** An object's segment, guarded or not. */
  @SuppressWarnings("restricted") // the bounds are those of an object of our own
  MemorySegment segment(PageSource source, long object, long size) {
    if (ThreadLocalRandom.current().nextLong(every) != 0) {
      return source.segment(object, size);
    }
    try {
      Optional.ofNullable(open.get(object)).filter(before -> before.scope().isAlive()).ifPresent(Arena::close);
    } catch (IllegalStateException e) { // freed by its address while a system call has it: stays known, for close
      return source.segment(object, size);
    }
    Arena arena = Arena.ofShared();
    open.put(object, arena);
    return MemorySegment.ofAddress(object).reinterpret(size, arena, null);
  }

  /**
   * Before the free of a segment: closes its scope, if it has one.
   *
   * @throws IllegalStateException while the segment is in a system call; it is not freed then
   */
  void release(MemorySegment object) {
    Arena arena = open.get(object.address());
    if (arena != null && arena.scope().equals(object.scope())) {
      try {
        arena.close(); // first: whoever does not find it, finds it closed
      } catch (IllegalStateException e) {
        throw arena.scope().isAlive() ? e : closed(object);
      }
      boolean _ = open.remove(object.address(), arena);
    } else if (!object.scope().isAlive()) {
      throw closed(object);
    }
  }

  /** Before the cache's memory goes: segments that leaked throw from here on, or this, while a system call has one. */
  void close() {
    for (Arena arena : open.values()) {
      try {
        arena.close();
      } catch (IllegalStateException e) {
        if (arena.scope().isAlive()) { // else another thread has closed it
          throw e;
        }
      }
    }
  }

  private KmemException closed(MemorySegment object) {
    return new KmemException.Corruption("free: cache = " + cache + ", address = " + Memory.hex(object.address())
        + ": double free of a guarded segment, or its owner closed its scope: free it by its address then");
  }
}
