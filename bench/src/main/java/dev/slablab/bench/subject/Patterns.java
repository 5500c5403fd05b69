package dev.slablab.bench.subject;

import module java.base;

/** Writes and checks the contents of live objects: two objects that share a byte, or one too short, do not get past. */
public final class Patterns {
  /** In one byte order, so that the bytes behind the last word continue the pattern. */
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Patterns() {}

  /** Fills the live objects of some slots, then reads them all back; the seed makes tables' patterns differ. */
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

  /** Fills an object; a shorter one with the same seed has the beginning of the same pattern. */
  public static void write(MemorySegment object, long seed) {
    long words = object.byteSize() / Long.BYTES;
    for (long word = 0; word < words; word++) {
      object.setAtIndex(WORD, word, mix(seed, word));
    }
    for (long at = words * Long.BYTES; at < object.byteSize(); at++) {
      object.set(ValueLayout.JAVA_BYTE, at, lastBytes(seed, at));
    }
  }

  /** {@return the offset of the first word or byte that is not as it was written, or -1} */
  public static long firstWrong(MemorySegment object, long seed) {
    long words = object.byteSize() / Long.BYTES;
    for (long word = 0; word < words; word++) {
      if (object.getAtIndex(WORD, word) != mix(seed, word)) {
        return word * Long.BYTES;
      }
    }
    for (long at = words * Long.BYTES; at < object.byteSize(); at++) {
      if (object.get(ValueLayout.JAVA_BYTE, at) != lastBytes(seed, at)) {
        return at;
      }
    }
    return -1;
  }

  private static byte lastBytes(long seed, long at) {
    return (byte) (mix(seed, at / Long.BYTES) >>> (at % Long.BYTES * Byte.SIZE));
  }

  /** The odd multipliers of MurmurHash3's finalizer: every word of every seed differs. */
  private static long mix(long seed, long word) {
    long h = seed * 0xff51afd7ed558ccdL + word * 0xc4ceb9fe1a85ec53L;
    return h ^ h >>> 33;
  }
}
