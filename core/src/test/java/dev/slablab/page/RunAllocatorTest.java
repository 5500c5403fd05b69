package dev.slablab.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.slablab.testing.Seeds;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The run allocator against a bit per page: best fit, lowest address among equals, coalescing at once. */
class RunAllocatorTest {
  private record Run(long start, long length) {}

  private static final class Model {
    private final int pages;
    private final BitSet used = new BitSet();

    Model(int pages) {
      this.pages = pages;
    }

    /** Walks all free extents from low to high; the first of the shortest that fit wins. */
    long allocate(int length) {
      int best = -1;
      int bestLength = Integer.MAX_VALUE;
      for (int start = used.nextClearBit(0); start < pages; ) {
        int next = used.nextSetBit(start);
        int end = next < 0 ? pages : next;
        if (end - start >= length && end - start < bestLength) {
          best = start;
          bestLength = end - start;
        }
        start = used.nextClearBit(end);
      }
      if (best >= 0) {
        used.set(best, best + length);
      }
      return best;
    }
  }

  @Test
  void behavesAsTheModel() {
    Seeds.run(random -> {
      for (int round = 0; round < 20; round++) {
        compare(random, 1 + random.nextInt(300));
      }
    });
  }

  private static void compare(Random random, int pages) {
    RunAllocator runs = new RunAllocator(pages);
    Model model = new Model(pages);
    List<Run> live = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      if (live.isEmpty() || random.nextInt(100) < 55) {
        int length = 1 + random.nextInt(random.nextInt(10) == 0 ? pages : Math.min(pages, 8));
        long start = runs.allocate(length);
        assertEquals(model.allocate(length), start, "run of " + length);
        if (start >= 0) {
          live.add(new Run(start, length));
        }
      } else {
        Run run = live.remove(random.nextInt(live.size()));
        runs.free(run.start, run.length);
        model.used.clear((int) run.start, (int) (run.start + run.length));
        assertThrows(IllegalStateException.class, () -> runs.free(run.start, run.length), "free already");
      }
      int page = random.nextInt(pages);
      assertEquals(model.used.get(page), runs.inUse(page, 1), "page " + page);
      assertEquals(model.used.length(), runs.highPage());
    }
    assertEquals(model.used, used(runs, pages));
    for (Run run : live) {
      runs.free(run.start, run.length);
    }
    assertEquals(0, runs.highPage());
    assertEquals(0, runs.allocate(pages), "all extents have grown together again");
  }

  private static BitSet used(RunAllocator runs, int pages) {
    return IntStream.range(0, pages).filter(page -> runs.inUse(page, 1)).collect(BitSet::new, BitSet::set, BitSet::or);
  }

  @Test
  void bestFitPrefersTheShortestThenTheLowest() {
    RunAllocator runs = new RunAllocator(100);
    for (int length : new int[] {5, 1, 3, 1, 3, 1}) { // holes to be, with walls between them
      long _ = runs.allocate(length);
    }
    runs.free(0, 5);
    runs.free(6, 3);
    runs.free(10, 3);
    assertEquals(6, runs.allocate(3), "an exact hole, the lower of two");
    assertEquals(10, runs.allocate(2), "the smaller hole, though a larger one is lower");
    assertEquals(0, runs.allocate(4));
    assertEquals(14, runs.allocate(50), "nothing but the rest is long enough");
    assertEquals(-1, runs.allocate(37));
    assertEquals(64, runs.allocate(36));
  }

  @Test
  void wrongFreesAreErrorsAndChangeNothing() {
    RunAllocator runs = new RunAllocator(10);
    assertEquals(0, runs.allocate(4));
    BitSet before = used(runs, 10);
    for (Run wrong : new Run[] {new Run(4, 1), new Run(3, 2), new Run(9, 1), new Run(0, 5), new Run(-1, 1),
        new Run(10, 1), new Run(8, 4), new Run(0, 11)}) {
      assertThrows(IllegalStateException.class, () -> runs.free(wrong.start, wrong.length), wrong.toString());
      assertEquals(before, used(runs, 10));
    }
    runs.free(1, 2); // a part of a run may go back
    assertEquals(BitSet.valueOf(new long[] {0b1001}), used(runs, 10));
    assertThrows(IllegalStateException.class, () -> runs.free(0, 4), "its middle is free");
  }
}
