package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Test;

/** Golden tables of both kinds, and that every size maps to the smallest class that holds it. */
class SizeClassesTest {
  private static final long[] LINUX = {32, 64, 128, 192, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768,
    65536, 131072, 262144};
  private static final long[] FINE = {8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 144, 160, 176,
    192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 832, 896, 960, 1024, 1152,
    1280, 1408, 1536, 1664, 1792, 1920, 2048, 2304, 2560, 2816, 3072, 3328, 3584, 3840, 4096, 4608, 5120, 5632, 6144,
    6656, 7168, 7680, 8192, 9216, 10240, 11264, 12288, 13312, 14336, 15360, 16384};

  @Test
  void theTables() {
    assertArrayEquals(LINUX, table(new SizeClasses(false, 256 << 10)));
    assertArrayEquals(FINE, table(new SizeClasses(true, 16 << 10)));
  }

  @ParameterizedTest
  @CsvSource({"false, 1024", "true, 1024", "false, 65536", "true, 65536", "true, 65535", "true, 66000", "false, 100000",
    "true, 1", "false, 1", "true, 4194304", "false, 4194304"})
  void everySizeMapsToTheSmallestClassThatHoldsIt(boolean fine, long most) {
    SizeClasses classes = new SizeClasses(fine, most);
    List<Long> expected = expected(fine, Math.max(most, 1024));
    assertEquals(expected, LongStream.of(table(classes)).boxed().toList());
    assertEquals(expected.getLast(), classes.largest);
    int at = 0;
    for (long size = 0; size <= Math.min(classes.largest, 300_000); size++) {
      at += size > expected.get(at) ? 1 : 0;
      assertEquals(at, classes.index(size), "size = " + size);
    }
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(i, classes.index(expected.get(i)));
      assertEquals(i + 1 < expected.size() ? i + 1 : -1, classes.index(expected.get(i) + 1));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, -8, Long.MIN_VALUE, Long.MAX_VALUE, 65537, 1L << 32, (1L << 32) + 8, 1L << 62})
  void whatNoClassHolds(long size) {
    assertEquals(-1, new SizeClasses(true, 65536).index(size));
    assertEquals(-1, new SizeClasses(false, 65536).index(size));
  }

  /** No slab wastes a byte in its last page, and its objects are as aligned as they can be. */
  @ParameterizedTest
  @ValueSource(ints = {4096, 16384, 65536})
  void slabsOfAClassFillWholePages(int page) {
    for (boolean fine : new boolean[] {false, true}) {
      for (long size : table(new SizeClasses(fine, 4 << 20))) {
        var spec = GeneralHeap.spec(size, page, 64 << 10);
        assertEquals(0, spec.objectsPerSlab() * size % page, "size = " + size);
        assertEquals(0, size % spec.align(), "size = " + size);
        assertEquals(Math.min(page, Long.lowestOneBit(size)), spec.align());
      }
    }
  }

  /** As the definition says it, without a formula for the index. */
  private static List<Long> expected(boolean fine, long most) {
    List<Long> all = new ArrayList<>();
    for (long size = 8; size <= most; size += 8) {
      long below = Long.highestOneBit(size - 1); // the power of two below
      boolean in = fine ? below < 64 || (size - below) % (below / 8) == 0
          : size >= 32 && (Long.bitCount(size) == 1 || size == 192);
      if (in) {
        all.add(size);
      }
    }
    return all;
  }

  private static long[] table(SizeClasses classes) {
    return IntStream.range(0, classes.count()).mapToLong(classes::bytes).toArray();
  }
}
