package dev.slablab.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.spec.KmemException;
import dev.slablab.testing.Pattern;
import dev.slablab.testing.Seeds;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RangePageSourceTest {
  private static final long GIB = 1L << 30;

  private RangePageSource source;
  private int page;

  @BeforeEach
  void reserve() {
    source = RangePageSource.reserve(GIB, false);
    assumeTrue(source != null, "no mmap here");
    page = source.pageSize();
  }

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void runsArePageAlignedInTheirAreaAndDisjoint() {
    assertEquals(GIB, source.span(Area.OBJECTS));
    assertEquals(GIB / 4, source.span(Area.EMERGENCY));
    assertEquals(source.base(Area.OBJECTS) + GIB, source.base(Area.EMERGENCY), "one mapping");
    assertEquals(GIB, source.capacity());
    long end = source.base(Area.OBJECTS);
    for (long bytes : new long[] {1, page, page + 1, 10L * page, 3}) {
      long run = source.allocate(bytes, Area.OBJECTS);
      assertEquals(end, run, "the lowest address, right behind the last");
      end = run + Pages.roundUp(bytes, page);
    }
    assertEquals(source.base(Area.EMERGENCY), source.allocate(1, Area.EMERGENCY));
  }

  @Test
  void aRunReadsAsZeroWhenItComesAgain() {
    for (int round = 0; round < 3; round++) {
      for (Area area : Area.values()) {
        long run = source.allocate(16L * page, area);
        for (long word = 0; word < 16L * page; word += 8) {
          assertEquals(0, Memory.getLong(run + word));
        }
        Memory.fill(run, 16L * page, (byte) 0xA5);
        source.free(run, 16L * page, area);
      }
    }
  }

  @Test
  void residentBytesFollowWhatIsTouched() {
    assertEquals(0, source.residentBytes());
    long a = source.allocate(64L * page, Area.OBJECTS);
    long b = source.allocate(64L * page, Area.OBJECTS);
    long e = source.allocate(2L * page, Area.EMERGENCY);
    assertEquals(0, source.residentBytes(), "nothing is committed before it is touched");
    for (int i = 0; i < 10; i++) {
      Memory.putLong(a + (long) i * page, 1);
      Memory.putLong(b + (long) i * page, 1);
    }
    Memory.putLong(e, 1);
    assertEquals(21L * page, source.residentBytes());
    source.free(a, 64L * page, Area.OBJECTS);
    assertEquals(11L * page, source.residentBytes(), "below a run in use");
    source.free(e, 2L * page, Area.EMERGENCY);
    source.free(b, 64L * page, Area.OBJECTS);
    assertEquals(0, source.residentBytes());
  }

  @Test
  void segmentsKnowTheirBoundsAndTheEndOfTheSource() {
    long run = source.allocate(page, Area.OBJECTS);
    long emergency = source.allocate(page, Area.EMERGENCY);
    for (long address : new long[] {run, emergency}) {
      MemorySegment segment = source.segment(address, 100);
      segment.set(ValueLayout.JAVA_BYTE, 99, (byte) 7);
      assertEquals(address, segment.address());
      assertThrows(IndexOutOfBoundsException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 100));
    }
    MemorySegment segment = source.segment(run, 100);
    source.close();
    assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void whatIsTooLargeIsRefused() {
    for (long bytes : new long[] {GIB + 1, 2 * GIB, Long.MAX_VALUE - page, Long.MAX_VALUE}) {
      assertEquals(PageSource.NONE, source.allocate(bytes, Area.OBJECTS), bytes + " bytes");
    }
    assertEquals(PageSource.NONE, source.allocate(GIB / 4 + 1, Area.EMERGENCY));
    long all = source.allocate(GIB, Area.OBJECTS);
    assertEquals(source.base(Area.OBJECTS), all);
    assertEquals(PageSource.NONE, source.allocate(1, Area.OBJECTS), "full");
    assertNotEquals(PageSource.NONE, source.allocate(1, Area.EMERGENCY), "the other area is not");
    source.free(all, GIB, Area.OBJECTS);
    assertEquals(all, source.allocate(1, Area.OBJECTS));
  }

  @Test
  void freesOutsideTheRangeAreErrors() {
    long run = source.allocate(page, Area.OBJECTS);
    long emergency = source.allocate(page, Area.EMERGENCY);
    for (long wrong : new long[] {0, -page, run - page, emergency, source.base(Area.EMERGENCY) + GIB, Long.MIN_VALUE}) {
      String message = assertThrows(KmemException.Usage.class, () -> source.free(wrong, page, Area.OBJECTS))
          .getMessage();
      assertTrue(message.contains("address = 0x" + Long.toHexString(wrong)), message);
    }
    assertThrows(KmemException.Usage.class, () -> source.free(run, page, Area.EMERGENCY), "the wrong area");
    source.free(run, page, Area.OBJECTS);
    assertThrows(RuntimeException.class, () -> source.free(run, page, Area.OBJECTS), "twice");
  }

  @Test
  void aFreeThatReachesBeyondTheAreaTouchesNothing() {
    long all = source.allocate(GIB, Area.OBJECTS);
    long emergency = source.allocate(page, Area.EMERGENCY);
    Pattern.fill(emergency, page, 1);
    Pattern.fill(all, page, 2);
    assertThrows(RuntimeException.class, () -> source.free(all, GIB + page, Area.OBJECTS));
    Pattern.check(emergency, page, 1);
    Pattern.check(all, page, 2);
  }

  @Test
  void aFreeInTheMiddleOfAPageTouchesNothing() {
    long run = source.allocate(page, Area.OBJECTS);
    long next = source.allocate(page, Area.OBJECTS);
    Pattern.fill(run, page, 1);
    Pattern.fill(next, page, 2);
    assertThrows(RuntimeException.class, () -> source.free(run + 8, page, Area.OBJECTS));
    Pattern.check(run, page, 1);
    Pattern.check(next, page, 2);
    source.free(run, page, Area.OBJECTS); // it is still in use
  }

  @Test
  void aClosedSourceGivesNothing() {
    long run = source.allocate(page, Area.OBJECTS);
    Memory.putLong(run, 1);
    source.close();
    source.close();
    assertEquals(PageSource.NONE, source.allocate(1, Area.OBJECTS));
    assertEquals(0, source.residentBytes());
    assertThrows(KmemException.Usage.class, () -> source.free(run, page, Area.OBJECTS));
  }

  @Test
  void hugePagesAreOnlyAdvice() {
    RangePageSource huge = RangePageSource.reserve(GIB, true);
    long run = huge.allocate(8 << 20, Area.OBJECTS);
    Memory.putLong(run, 1);
    assertTrue(huge.residentBytes() >= page);
    huge.free(run, 8 << 20, Area.OBJECTS);
    assertEquals(0, huge.residentBytes());
    huge.close();
  }

  @Test
  void manyRunsOfManySizesKeepTheirContents() {
    Seeds.run(random -> {
      record Run(long address, long bytes, long tag) {}
      List<Run> live = new ArrayList<>();
      for (int step = 0; step < 2_000; step++) {
        if (live.isEmpty() || random.nextInt(100) < 52) {
          long bytes = 1 + random.nextInt(6 * page);
          long address = source.allocate(bytes, Area.OBJECTS);
          assertEquals(0, Memory.getLong(address), "fresh runs read as zero");
          Pattern.fill(address, bytes, step);
          live.add(new Run(address, bytes, step));
        } else {
          Run run = live.remove(random.nextInt(live.size()));
          Pattern.check(run.address, run.bytes, run.tag);
          source.free(run.address, run.bytes, Area.OBJECTS);
        }
      }
      live.forEach(run -> source.free(run.address, run.bytes, Area.OBJECTS));
      assertEquals(0, source.residentBytes());
    });
  }
}
