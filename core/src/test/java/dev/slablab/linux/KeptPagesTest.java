package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KeptPagesTest {
  private final KeptPages kept = new KeptPages(0);

  private void keep(long from, long to) {
    LongStream.rangeClosed(from, to).forEach(kept::keep);
  }

  @Test
  void theLastComesFirst() {
    assertEquals(0, kept.take());
    keep(1, 20);
    assertEquals(20, kept.take());
    assertEquals(19, kept.take());
  }

  @Test
  void theOldestThatNobodyNeededGo() {
    keep(1, 10);
    assertArrayEquals(new long[0], kept.unneeded(9, 10), "not yet");
    assertArrayEquals(new long[0], kept.unneeded(10, 10), "in the first period there were none, for a while");
    for (int i = 0; i < 4; i++) {
      long _ = kept.take();
    }
    keep(11, 14);
    assertArrayEquals(LongStream.rangeClosed(1, 6).toArray(), kept.unneeded(20, 10));
    assertArrayEquals(new long[0], kept.unneeded(29, 10));
    assertArrayEquals(LongStream.rangeClosed(11, 14).toArray(), kept.unneeded(30, 10));
  }

  /** Another thread looked at the clock later and was here earlier. */
  @Test
  void allAreAllThoughTheClockSeemsToGoBack() {
    keep(1, 3);
    assertArrayEquals(new long[0], kept.unneeded(100, 10));
    assertArrayEquals(new long[] {1, 2, 3}, kept.unneeded(99, 0));
  }
}
