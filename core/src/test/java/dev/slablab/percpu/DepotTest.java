package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.MagazinePlacement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Batches pass from one magazine to the next, in bounded number, and none gets lost on the way. */
class DepotTest {
  private static final int CAPACITY = 8;
  private static final int BATCH = 4;

  private final Magazines magazines = new Magazines(1, CAPACITY, BATCH, 2, MagazinePlacement.HASHED, () -> 0);
  private final List<Long> sunk = new ArrayList<>();
  private long[] expected = {};

  private void sink(long[] objects, int n) {
    Arrays.stream(objects, 0, n).forEach(sunk::add);
  }

  private void holds(long... objects) {
    expected = objects;
  }

  @AfterEach
  void verify() {
    long[] contents = magazines.contents();
    Arrays.sort(contents);
    assertArrayEquals(expected, contents);
    assertEquals(expected.length, magazines.held());
  }

  @Test
  void theNewestBatchIsTakenFirstAndTheNumberIsBounded() {
    assertTrue(magazines.keep(new long[] {1, 2, 3, 4}, 4));
    assertTrue(magazines.keep(new long[] {5, 6, 0}, 2));
    assertFalse(magazines.keep(new long[] {7}, 1), "full");
    assertEquals(6, magazines.held());
    assertTrue(magazines.restock(new long[CAPACITY], this::sink));
    assertEquals(6, magazines.pop());
    assertEquals(5, magazines.pop());
    assertEquals(0, magazines.pop());
    assertFalse(magazines.keep(new long[1], 0), "nothing is no batch");
    assertEquals(List.of(), sunk);
    holds(1, 2, 3, 4);
  }

  @Test
  void whatFindsNoRoomInTheMagazineGoesToTheSink() {
    assertEquals(6, magazines.store(new long[] {11, 12, 13, 14, 15, 16}, 6));
    assertTrue(magazines.keep(new long[] {1, 2, 3, 4}, 4));
    assertTrue(magazines.restock(new long[CAPACITY], this::sink));
    assertEquals(List.of(3L, 4L), sunk);
    assertFalse(magazines.restock(new long[CAPACITY], this::sink), "none left");
    holds(1, 2, 11, 12, 13, 14, 15, 16);
  }

  @Test
  void aBatchTooLargeForTheBufferStays() {
    assertTrue(magazines.keep(new long[] {1, 2, 3, 4}, 4));
    assertFalse(magazines.restock(new long[3], this::sink));
    holds(1, 2, 3, 4);
  }

  @Test
  void drainAgeCloseAndRetuneEmptyIt() {
    assertTrue(magazines.keep(new long[] {1, 2}, 2));
    magazines.drain(this::sink, Drain.SKIP_BUSY);
    assertTrue(magazines.keep(new long[] {3}, 1), "a drain leaves it open");
    magazines.age(this::sink, 1);
    assertTrue(magazines.keep(new long[] {4}, 1));
    magazines.retune(16, 8, this::sink);
    assertTrue(magazines.keep(new long[] {5}, 1), "open again");
    magazines.close(this::sink);
    assertFalse(magazines.keep(new long[] {6}, 1), "closed");
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L), sunk);
    magazines.open();
    assertTrue(magazines.keep(new long[] {7}, 1));
    holds(7);
  }

  @Test
  void aSinkThatThrowsLosesNoBatch() {
    assertTrue(magazines.keep(new long[] {1}, 1));
    assertTrue(magazines.keep(new long[] {2}, 1));
    Exception thrown = assertThrows(IllegalStateException.class, () -> magazines.drain((objects, n) -> {
      sink(objects, n);
      throw new IllegalStateException("batch of " + n);
    }, Drain.SKIP_BUSY));
    assertEquals("batch of 1", thrown.getMessage());
    assertEquals(List.of(1L, 2L), sunk);
  }
}
