package dev.slablab.bench.subject;

import module java.base;

/**
 * An allocator under test and one table of its live objects, indexed by slot; the sizes are the {@link Shape}'s.
 *
 * <p>The allocator may serve several threads; a table belongs to one, unless the driver hands slots over with an
 * ordering of its own. Calls with a slot in the wrong state are errors of the driver and are not checked.
 */
public interface Subject extends AutoCloseable {
  /** Allocates into an empty slot; the memory reads as zero where the shape asks for that. */
  void alloc(int slot);

  /** Allocates memory that reads as zero. */
  void calloc(int slot);

  /** Allocates at a multiple of an alignment. */
  void memalign(int slot, long alignment);

  /** Ends one life and begins another with as much of the contents as both have room for. */
  void realloc(int slot, int old);

  void free(int slot);

  boolean isLive(int slot);

  /** Writes the first byte of each page. */
  void touch(int slot);

  /** The memory of a live object, for checks outside the timed part: exactly as many bytes as were asked for. */
  MemorySegment memory(int slot);

  /** A subject over the same allocator with an empty table of its own, for another thread; it ends with this one. */
  Subject view();

  /** What is asked between passes. */
  Outside outside();

  /** Bytes the object could use, or -1 where that cannot be told. */
  default long usable(int slot) {
    return -1;
  }

  /** Whether {@link #memalign} does. */
  default boolean aligns() {
    return true;
  }

  /** Throws when the allocator's own accounts or structures do not go with so many live objects over all tables. */
  default void verify(long live) {
    outside().verify.accept(live);
  }

  /** What the allocator holds now, as far as it can be told; nothing may be under way. */
  default MemoryUse memoryUse() {
    return outside().use.get();
  }

  /** Closes the allocator; it throws where it can tell that an object was not freed. */
  @Override
  default void close() {
    outside().close.run();
  }

  /**
   * The parts of an allocator that are not timed.
   *
   * @param resident bytes of its own mappings, or -1 where only the whole process can be asked
   * @param reap returns what is not needed, as far as it can be told to
   * @param accounts what it says it holds, for the record; {@link #OUTSIDE_SLABS} where there is one cache
   */
  record Outside(LongSupplier resident, Runnable reap, Supplier<Map<String, Object>> accounts, LongConsumer verify,
      Supplier<MemoryUse> use, Runnable close) {
    /** Objects in use and in magazines: it rises when slabs are asked for some. */
    public static final String OUTSIDE_SLABS = "outsideSlabs";
    /** Nothing is known of it. */
    static final Outside NONE = telling(Map::of, () -> MemoryUse.UNKNOWN, () -> { });

    static Outside telling(Supplier<Map<String, Object>> accounts, Supplier<MemoryUse> use, Runnable reap) {
      return new Outside(() -> -1, reap, accounts, live -> { }, use, () -> { });
    }
  }
}
