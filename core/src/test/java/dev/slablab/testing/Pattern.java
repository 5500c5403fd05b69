package dev.slablab.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.page.Memory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Fills an object with a pattern of its own, every byte of it, and looks whether it is still there. */
public final class Pattern {
  /** Odd, so that every word of every object differs. */
  private static final long STEP = 0x9E3779B97F4A7C15L;

  private Pattern() {}

  /** Fills an object. */
  public static void fill(long address, long size, long tag) {
    long words = size / 8;
    for (long i = 0; i < words; i++) {
      Memory.putLong(address + 8 * i, word(address, i, tag));
    }
    MemorySegment tail = Memory.segment(address + 8 * words, size % 8);
    for (int i = 0; i < size % 8; i++) {
      tail.set(ValueLayout.JAVA_BYTE, i, (byte) (tag + i));
    }
  }

  /** Fails unless the object holds what {@link #fill} wrote. */
  public static void check(long address, long size, long tag) {
    long words = size / 8;
    for (long i = 0; i < words; i++) {
      if (Memory.getLong(address + 8 * i) != word(address, i, tag)) {
        throw new AssertionError("object 0x" + Long.toHexString(address) + " of " + size + " bytes: byte " + 8 * i
            + " was overwritten, found 0x" + Long.toHexString(Memory.getLong(address + 8 * i)));
      }
    }
    MemorySegment tail = Memory.segment(address + 8 * words, size % 8);
    for (int i = 0; i < size % 8; i++) {
      assertEquals((byte) (tag + i), tail.get(ValueLayout.JAVA_BYTE, i), "tail byte " + i + " of " + size);
    }
  }

  private static long word(long address, long index, long tag) {
    return (tag + 1) * STEP ^ (address + index);
  }
}
