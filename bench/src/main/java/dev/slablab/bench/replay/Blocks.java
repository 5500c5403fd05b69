package dev.slablab.bench.replay;

import module java.base;

/**
 * An allocator under replay and the table of its live blocks, by number; sizes are the trace's. The allocator serves
 * many threads at a time; the replayer sees to it that what one thread put into the table is there for another.
 */
interface Blocks extends AutoCloseable {
  void alloc(int block);

  /** Memory that reads as zero. */
  void calloc(int block);

  void memalign(int block, long alignment);

  /** Ends one life and begins another with as much of the contents as both have room for. */
  void realloc(int block, int old);

  void free(int block);

  boolean isLive(int block);

  /** Writes the first byte of each page. */
  void touch(int block);

  /** The memory of a live block, for checks; exactly as many bytes as were asked for. */
  MemorySegment memory(int block);

  /** Bytes the block could use, or -1 where that cannot be told. */
  default long usable(int block) {
    return -1;
  }

  /** Whether {@link #memalign} does; the Java heap cannot. */
  default boolean aligns() {
    return true;
  }

  /** Resident bytes of the allocator's own mappings, or -1 where only the whole process can be asked. */
  default long resident() {
    return -1;
  }

  /** Returns what is not needed, as far as the allocator can be told to. */
  default void reap() {}

  /** What the allocator itself says it holds, for the record. */
  default Map<String, Object> accounts() {
    return Map.of();
  }

  /** Closes the allocator; it throws where it can tell that a block was not freed. */
  @Override
  default void close() {}
}
