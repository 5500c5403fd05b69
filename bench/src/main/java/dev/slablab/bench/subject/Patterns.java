package dev.slablab.bench.subject;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Writes and checks the contents of live objects: two objects that share a byte, or one too short, do not get past. */
public final class Patterns {
  private Patterns() {}

  /**
   * Fills all objects of a table, then reads them all back.
   *
   * @param subject whose table has live objects in the slots
   * @param from the first slot
   * @param to behind the last slot
   * @param seed makes the patterns of different tables differ
   * @throws IllegalStateException naming the first slot and byte that is wrong
   */
  public static void prove(Subject subject, int from, int to, long seed) {
    for (int slot = from; slot < to; slot++) {
      write(subject.memory(slot), seed + slot);
    }
    for (int slot = from; slot < to; slot++) {
      long wrong = firstWrong(subject.memory(slot), seed + slot);
      if (wrong >= 0) {
        throw new IllegalStateException("slot = " + slot + ": byte " + wrong + " is not what was written");
      }
    }
  }

  static void write(MemorySegment object, long seed) {
    long words = object.byteSize() / Long.BYTES;
    for (long word = 0; word < words; word++) {
      object.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, word, mix(seed, word));
    }
    for (long at = words * Long.BYTES; at < object.byteSize(); at++) {
      object.set(ValueLayout.JAVA_BYTE, at, (byte) mix(seed, at));
    }
  }

  /** The offset of the first word or byte that differs, or -1. */
  static long firstWrong(MemorySegment object, long seed) {
    long words = object.byteSize() / Long.BYTES;
    for (long word = 0; word < words; word++) {
      if (object.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, word) != mix(seed, word)) {
        return word * Long.BYTES;
      }
    }
    for (long at = words * Long.BYTES; at < object.byteSize(); at++) {
      if (object.get(ValueLayout.JAVA_BYTE, at) != (byte) mix(seed, at)) {
        return at;
      }
    }
    return -1;
  }

  /** The odd multipliers of MurmurHash3's finalizer: every word of every seed differs. */
  private static long mix(long seed, long word) {
    long h = seed * 0xff51afd7ed558ccdL + word * 0xc4ceb9fe1a85ec53L;
    return h ^ h >>> 33;
  }
}
