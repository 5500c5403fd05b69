package dev.slablab;

import java.util.stream.LongStream;

/**
 * A table of size classes, and from a size to its class without a search.
 *
 * <pre>
 *   Linux   32 64 128 192 256, then one class per doubling: 512 1024 2048 …     (malloc_sizes, for lines of 64 bytes)
 *   fine    8 16 24 … 64, then eight classes per doubling, an eighth of the lower power apart: 72 80 … 128 144 …
 * </pre>
 *
 * <p>Up to {@value #SMALL} bytes a byte array indexed by eighths of the size gives the class; above it the highest bits
 * of size - 1 do, since both tables are regular there.
 */
final class SizeClasses {
  /** The largest size looked up in the array: 129 bytes, three cache lines; a power of two, a class in both tables. */
  private static final int SMALL = 1024;
  private static final int GRANULE_SHIFT = 3;

  private final long[] bytes;
  private final byte[] small = new byte[(SMALL >> GRANULE_SHIFT) + 1];
  /** Log2 of the classes per doubling, where the table is regular. */
  private final int steps;
  /** What the regular part's formula gives beyond the class's index. */
  private final int excess;
  /** Bytes of the largest class. */
  final long largest;

  /** The Linux table or the fine one, as far as classes are at most so large; they reach {@value #SMALL} at least. */
  SizeClasses(boolean fine, long most) {
    steps = fine ? 3 : 0;
    long limit = Math.max(most, SMALL);
    bytes = LongStream.iterate(fine ? 8 : 32, size -> size <= limit, size -> size + gap(fine, size)).toArray();
    largest = bytes[bytes.length - 1];
    int index = 0;
    for (int granule = 0; granule < small.length; granule++) {
      index += bytes[index] < (long) granule << GRANULE_SHIFT ? 1 : 0;
      small[granule] = (byte) index;
    }
    excess = regular(SMALL + 1L) - (small[small.length - 1] + 1);
  }

  /** From a class to the next. */
  private static long gap(boolean fine, long size) {
    long power = Long.highestOneBit(size);
    return fine ? Math.max(power / 8, 8) : size >= 128 && size < 256 ? power / 2 : power;
  }

  /** The index of the smallest class that holds a size; -1 when none does, or the size is negative. */
  int index(long size) {
    if (Long.compareUnsigned(size, SMALL) <= 0) {
      return small[(int) (size + 7) >> GRANULE_SHIFT];
    }
    return Long.compareUnsigned(size, largest) <= 0 ? regular(size) - excess : -1;
  }

  /** Counts doublings and the steps within one. */
  private int regular(long size) {
    int log = 63 - Long.numberOfLeadingZeros(size - 1);
    return (log << steps) + (int) ((size - 1) >>> (log - steps)) - (1 << steps);
  }

  /** Bytes of a class. */
  long bytes(int index) {
    return bytes[index];
  }

  int count() {
    return bytes.length;
  }
}
