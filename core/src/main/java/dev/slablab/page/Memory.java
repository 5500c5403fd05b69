package dev.slablab.page;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Plain access to memory by address.
 *
 * <p>One segment over the whole address space: its bounds check is against a constant, so that an access compiles to
 * one instruction. It protects nothing; callers own the address.
 */
public final class Memory {
  @SuppressWarnings("restricted") // the purpose of this class
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Memory() {}

  /**
   * Reads eight bytes.
   *
   * @param address a multiple of 8
   * @return the value
   */
  public static long getLong(long address) {
    return ALL.get(ValueLayout.JAVA_LONG, address);
  }

  /**
   * Writes eight bytes.
   *
   * @param address a multiple of 8
   * @param value the value
   */
  public static void putLong(long address, long value) {
    ALL.set(ValueLayout.JAVA_LONG, address, value);
  }

  /**
   * Fills memory.
   *
   * @param address the first byte
   * @param bytes how many
   * @param value what with
   */
  public static void fill(long address, long bytes, byte value) {
    ALL.asSlice(address, bytes).fill(value);
  }

  /**
   * Copies memory that does not overlap.
   *
   * @param from the first byte to read
   * @param to the first byte to write
   * @param bytes how many
   */
  public static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  /**
   * A view of memory whose bounds are checked and whose lifetime is not.
   *
   * @param address the first byte
   * @param bytes the view's length
   * @return the segment
   */
  public static MemorySegment segment(long address, long bytes) {
    return ALL.asSlice(address, bytes);
  }
}
