package dev.slablab.page;

import module java.base;
import dev.slablab.spec.KmemException;

/**
 * Plain access to memory by address, for the layers above: one segment over the whole address space, whose bounds check
 * is against a constant, so that an access compiles to one instruction. It protects nothing; callers own the address.
 * Accesses to words are aligned.
 */
@SuppressWarnings("doclint:missing") // the names say it
public final class Memory {
  private static final MemorySegment ALL = all();

  private Memory() {}

  @SuppressWarnings("restricted") // the purpose of this class
  private static MemorySegment all() {
    try {
      return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    } catch (IllegalCallerException e) { // --illegal-native-access=deny
      return MemorySegment.NULL;
    }
  }

  public static void checkAccess() {
    if (ALL.byteSize() == 0) {
      throw KmemException.Usage.of("native access", "denied", "must be enabled; start the JVM with"
          + " --enable-native-access=ALL-UNNAMED, or =dev.slablab.core where that is a module");
    }
  }

  public static long getLong(long address) {
    return ALL.get(ValueLayout.JAVA_LONG, address);
  }

  public static void putLong(long address, long value) {
    ALL.set(ValueLayout.JAVA_LONG, address, value);
  }

  public static int getInt(long address) {
    return ALL.get(ValueLayout.JAVA_INT, address);
  }

  public static void putInt(long address, int value) {
    ALL.set(ValueLayout.JAVA_INT, address, value);
  }

  public static void fill(long address, long bytes, byte value) {
    ALL.asSlice(address, bytes).fill(value);
  }

  /** Copies memory that does not overlap. */
  public static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }

  /** A view of memory whose bounds are checked and whose lifetime is not. */
  public static MemorySegment segment(long address, long bytes) {
    return ALL.asSlice(address, bytes);
  }

  /** An address, or a word, as messages print it. */
  public static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
