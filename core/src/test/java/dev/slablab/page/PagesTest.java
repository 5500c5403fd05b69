package dev.slablab.page;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PagesTest {
  @Test
  void roundUpGivesTheNextMultiple() {
    for (long align = 1; align <= 65_536; align *= 2) {
      for (long value : new long[] {0, 1, align - 1, align, align + 1, 3 * align, 123_456_789L, (5L << 40) + 1}) {
        long rounded = Pages.roundUp(value, align);
        assertEquals(0, rounded % align);
        assertEquals(true, rounded >= value && rounded - value < align, value + " to " + align);
      }
    }
  }

  @Test
  void powerOfTwoRunIsTheSmallestThatHolds() {
    for (int page : new int[] {4096, 16_384, 65_536}) {
      for (long bytes : new long[] {1, page - 1, page, page + 1, 2 * page, 2 * page + 1, 3 * page, 5 * page - 1,
          1L << 25, (1L << 25) + 1, 3L << 30}) {
        long expected = page;
        while (expected < bytes) {
          expected *= 2;
        }
        assertEquals(expected, Pages.powerOfTwoRun(bytes, page), bytes + " bytes of pages of " + page);
      }
    }
  }
}
