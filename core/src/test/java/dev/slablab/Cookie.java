package dev.slablab;

import dev.slablab.page.Memory;
import java.lang.foreign.ValueLayout;

/**
 * What a stress test writes into a block and looks for when it frees it: every word up to 4 KiB, beyond one in 512
 * bytes and the last, so that whoever shares half a page of it is found. A word is the tag's and its place's, not the
 * address's: content that was moved still checks.
 */
final class Cookie {
  private static final long STEP = 0x9E3779B97F4A7C15L;
  private static final long WHOLE = 4096;
  private static final long STRIDE = 512;

  private Cookie() {}

  /** Fills a block. */
  static void put(long address, long size, long tag) {
    long words = size & -8;
    for (long at = 0; at < words; at += stride(size)) {
      Memory.putLong(address + at, word(at, tag));
    }
    if (words > 0) {
      Memory.putLong(address + words - 8, word(words - 8, tag));
    }
    for (long at = words; at < size; at++) {
      Memory.fill(address + at, 1, (byte) (tag + at));
    }
  }

  /** Fails unless the block holds what {@link #put} wrote. */
  static void check(long address, long size, long tag) {
    long words = size & -8;
    for (long at = 0; at < words; at += stride(size)) {
      check(address, size, tag, at);
    }
    if (words > 0) {
      check(address, size, tag, words - 8);
    }
    for (long at = words; at < size; at++) {
      byte found = Memory.segment(address + at, 1).get(ValueLayout.JAVA_BYTE, 0);
      if (found != (byte) (tag + at)) {
        throw overwritten(address, size, at, found, (byte) (tag + at));
      }
    }
  }

  /** Fails unless the first bytes are those of a block of any size with this tag. */
  static void checkPrefix(long address, long bytes, long tag) {
    for (long at = 0; at + 8 <= bytes; at += STRIDE) {
      check(address, bytes, tag, at);
    }
  }

  /** Fails unless every byte is 0. */
  static void checkZero(long address, long size) {
    for (long at = 0; at < (size & -8); at += 8) {
      if (Memory.getLong(address + at) != 0) {
        throw overwritten(address, size, at, Memory.getLong(address + at), 0);
      }
    }
  }

  private static void check(long address, long size, long tag, long at) {
    long found = Memory.getLong(address + at);
    if (found != word(at, tag)) {
      throw overwritten(address, size, at, found, word(at, tag));
    }
  }

  private static AssertionError overwritten(long address, long size, long at, long found, long expected) {
    return new AssertionError("block " + Memory.hex(address) + " of " + size + " bytes: byte " + at
        + " was overwritten: expected " + Memory.hex(expected) + ", found " + Memory.hex(found));
  }

  private static long stride(long size) {
    return size <= WHOLE ? 8 : STRIDE;
  }

  private static long word(long at, long tag) {
    return (tag + 1) * STEP ^ at;
  }
}
