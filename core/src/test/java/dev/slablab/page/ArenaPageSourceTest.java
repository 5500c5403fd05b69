package dev.slablab.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.KmemException;
import dev.slablab.testing.Pattern;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ArenaPageSourceTest {
  private static final int PAGE = 4096;

  private final ArenaPageSource source = new ArenaPageSource();

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void runsAreAlignedZeroAndDisjoint() {
    long[] runs = new long[50];
    for (int i = 0; i < runs.length; i++) {
      long bytes = 1 + i * 700L;
      runs[i] = source.allocate(bytes, Area.values()[i % 2]);
      assertEquals(0, runs[i] % PAGE);
      for (long word = 0; word + 8 <= Pages.roundUp(bytes, PAGE); word += 8) { // whole pages are ours
        assertEquals(0, Memory.getLong(runs[i] + word));
      }
      Pattern.fill(runs[i], Pages.roundUp(bytes, PAGE), i);
    }
    for (int i = 0; i < runs.length; i++) {
      Pattern.check(runs[i], Pages.roundUp(1 + i * 700L, PAGE), i);
      source.free(runs[i], 1 + i * 700L, Area.values()[i % 2]);
    }
  }

  @Test
  void thereAreNoRanges() {
    for (Area area : Area.values()) {
      assertEquals(0, source.base(area));
      assertEquals(0, source.span(area));
    }
    assertEquals(-1, source.residentBytes());
    assertEquals(Long.MAX_VALUE, source.capacity());
    assertEquals(PAGE, source.pageSize());
    assertTrue(source.describe().contains("arenas"), source.describe());
  }

  @Test
  void wrongFreesAreErrors() {
    long run = source.allocate(PAGE, Area.OBJECTS);
    for (long wrong : new long[] {0, run + 8, run + PAGE, -1}) {
      assertThrows(KmemException.Usage.class, () -> source.free(wrong, PAGE, Area.OBJECTS));
    }
    source.free(run, PAGE, Area.OBJECTS);
    assertThrows(KmemException.Usage.class, () -> source.free(run, PAGE, Area.OBJECTS), "twice");
  }

  @Test
  void whatIsTooLargeIsRefused() {
    for (long bytes : new long[] {1L << 50, Long.MAX_VALUE - PAGE, Long.MAX_VALUE}) {
      assertEquals(PageSource.NONE, source.allocate(bytes, Area.OBJECTS), bytes + " bytes");
    }
  }

  @Test
  void segmentsHaveBounds() {
    long run = source.allocate(PAGE, Area.OBJECTS);
    source.segment(run, 10).set(ValueLayout.JAVA_BYTE, 9, (byte) 1);
    assertThrows(IndexOutOfBoundsException.class, () -> source.segment(run, 10).get(ValueLayout.JAVA_BYTE, 10));
  }

  @Test
  void aClosedSourceGivesNothing() {
    assertNotEquals(PageSource.NONE, source.allocate(1, Area.OBJECTS));
    source.close();
    source.close();
    assertEquals(PageSource.NONE, source.allocate(1, Area.OBJECTS));
  }
}
