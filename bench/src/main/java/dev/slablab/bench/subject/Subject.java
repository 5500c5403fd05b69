package dev.slablab.bench.subject;

import java.lang.foreign.MemorySegment;

/**
 * One allocator and one table of its live objects, indexed by slot.
 *
 * <p>The allocator may serve several threads; a table belongs to one thread, unless its slots are handed over with the
 * ordering the driver provides. Calls with a slot in the wrong state are errors of the driver and are not checked.
 */
public interface Subject extends AutoCloseable {
  /**
   * Allocates an object into an empty slot.
   *
   * @param slot 0 up
   */
  void alloc(int slot);

  /**
   * Frees the object of a slot.
   *
   * @param slot 0 up
   */
  void free(int slot);

  /**
   * The memory of a live object, for checks outside the timed part; it may allocate.
   *
   * @param slot 0 up
   * @return as many bytes as an object has
   */
  MemorySegment memory(int slot);

  /** {@return a subject over the same allocator with an empty table of its own, for another thread} */
  Subject view();

  /**
   * Checks the allocator's own accounts and structures, where it has any; nothing may be under way.
   *
   * @param live objects the drivers hold over all tables
   * @throws IllegalStateException when the allocator disagrees
   */
  default void verify(long live) {}

  /** {@return what the allocator holds now, as far as it can be told; nothing may be under way} */
  default MemoryUse memoryUse() {
    return MemoryUse.UNKNOWN;
  }

  /** Closes the allocator, of which all objects must have been freed; its views end with it. */
  @Override
  default void close() {}
}
