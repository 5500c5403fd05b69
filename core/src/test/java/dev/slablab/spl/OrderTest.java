package dev.slablab.spl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.ObjectLayout;
import dev.slablab.testing.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The order of refill, flush, shrink and reclaim that the specification promises, with one magazine. */
class OrderTest {
  private static final int SIZE = 100;

  @ParameterizedTest
  @EnumSource
  void aRefillFromAFreshSlabGivesTheHighestAddressTaken(ObjectLayout layout) {
    try (SplRig rig = new SplRig(layout, SIZE, 8, 4)) {
      long stride = rig.cache.geometry.stride();
      long first = rig.alloc() - stride; // took objects 0 and 1, gave 1
      assertEquals(rig.slab(first).address(0), first);
      assertEquals(List.of(first), rig.magazine());
      List<Long> rest = rig.alloc(7);
      List<Long> expected = new ArrayList<>();
      for (int index : new int[] {0, 3, 2, 5, 4, 7, 6}) {
        expected.add(first + index * stride);
      }
      assertEquals(expected, rest);
      assertEquals(1, rig.cache.lists.slabTotal);
      assertTrue(rig.cache.lists.partial.isEmpty(), "all taken: the slab is complete");
      assertEquals(rig.slab(first), rig.cache.lists.complete.head);
      rig.cache.verify();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLargerMagazineTakesAWholeBatch(ObjectLayout layout) {
    try (SplRig rig = new SplRig(layout, SIZE, 100, 7)) {
      long stride = rig.cache.geometry.stride();
      long top = rig.alloc();
      assertEquals(4, rig.cache.lists.objAlloc, "(7 + 1) / 2 objects");
      assertEquals(3, rig.slab(top).index(top));
      assertEquals(List.of(top - 3 * stride, top - 2 * stride, top - stride), rig.magazine());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRefillDoesNotWaitForMoreThanItFound(ObjectLayout layout) {
    try (SplRig rig = new SplRig(layout, SIZE, 3, 8)) {
      rig.alloc(3);
      assertEquals(1, rig.cache.lists.slabTotal, "a batch of 4 is content with the slab's 3");
      assertEquals(0, rig.magazine().size());
      rig.alloc();
      assertEquals(2, rig.cache.lists.slabTotal);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFlushReturnsTheOldestAndKeepsTheNewest(ObjectLayout layout) {
    try (SplRig rig = new SplRig(layout, SIZE, 8, 4)) {
      List<Long> o = rig.alloc(8);
      for (int i = 0; i < 4; i++) {
        rig.free(o.get(i));
      }
      assertEquals(o.subList(0, 4), rig.magazine());
      assertEquals(8, rig.cache.lists.objAlloc, "nothing reached the slab yet");
      rig.free(o.get(4));
      assertEquals(o.subList(2, 5), rig.magazine(), "the two oldest left, the rest moved down");
      Slab slab = rig.slab(o.get(0));
      assertEquals(6, slab.ref);
      assertEquals(slab, rig.cache.lists.partial.head, "it is full no more");
      rig.cache.verify();
      // Three pops empty the magazine; then the refill finds what came back last at the head of the free list.
      assertEquals(List.of(o.get(4), o.get(3), o.get(2)), rig.alloc(3));
      assertEquals(List.of(o.get(0), o.get(1)), rig.alloc(2), "took 1, then 0; the last one taken is popped first");
    }
  }

  @ParameterizedTest
  @EnumSource
  void slabsMoveAsTheirObjectsComeBack(ObjectLayout layout) {
    try (SplRig rig = new SplRig(layout, SIZE, 2, 2)) { // batches of 1: every step shows
      List<Long> o = rig.alloc(6);
      Slab a = rig.slab(o.get(0));
      Slab b = rig.slab(o.get(2));
      Slab c = rig.slab(o.get(4));
      SlabLists lists = rig.cache.lists;
      assertEquals(List.of(c, b, a), SplRig.slabs(lists.complete), "a slab that fills goes to the head of complete");
      rig.free(o.get(0));
      rig.free(o.get(2));
      rig.free(o.get(4)); // flushes one of a
      assertEquals(List.of(a), SplRig.slabs(lists.partial));
      rig.free(o.get(1)); // flushes one of b
      assertEquals(List.of(b, a), SplRig.slabs(lists.partial), "a slab that stopped being full is at the head");
      rig.free(o.get(3)); // flushes one of c
      assertEquals(List.of(c, b, a), SplRig.slabs(lists.partial));
      assertEquals(0, lists.complete.head == null ? 0 : 1);
      rig.free(o.get(5)); // flushes the other of a: it is empty and goes at once
      assertEquals(List.of(c, b), SplRig.slabs(lists.partial));
      assertEquals(2, lists.slabTotal);
      assertEquals(null, rig.map.get(a.base), "its pages belong to nobody");
      rig.cache.verify();
      assertEquals(2 * rig.cache.pages.mappedBytes(), rig.cache.reap());
      assertEquals(0, lists.slabTotal);
      assertEquals(List.of(), rig.magazine());
      assertEquals(0, rig.source.heldBytes());
    }
  }

  @ParameterizedTest
  @EnumSource
  void emptySlabsFormTheTailOfPartial(ObjectLayout layout) {
    try (SplRig rig = new SplRig(layout, SIZE, 2, 2)) {
      List<Long> o = rig.alloc(8);
      SlabLists lists = rig.cache.lists;
      Slab a = rig.slab(o.get(0));
      Slab b = rig.slab(o.get(2));
      Slab c = rig.slab(o.get(4));
      Slab d = rig.slab(o.get(6));
      for (int index : new int[] {2, 3, 0, 6, 7, 4}) { // straight into the slabs: nothing is reclaimed in between
        assertEquals(null, lists.put(o.get(index)));
      }
      assertEquals(List.of(c, a, b, d), SplRig.slabs(lists.partial), "partial ones first, then the empty b and d");
      assertEquals(2, lists.slabAlloc);
      assertEquals(4, lists.slabTotal);
      Slab chain = lists.detachEmpty();
      assertEquals(List.of(c, a), SplRig.slabs(lists.partial));
      assertEquals(2 * rig.cache.pages.mappedBytes(), rig.cache.pages.release(chain));
      assertEquals(2, lists.slabTotal);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyEmptySlabGoesAfterAFlush(ObjectLayout layout) {
    try (SplRig rig = new SplRig(layout, SIZE, 2, 4)) {
      List<Long> o = rig.alloc(12); // six slabs
      for (int i = 0; i < 6; i++) { // three of them empty behind the cache's back
        assertEquals(null, rig.cache.lists.put(o.get(i)));
        rig.cache.directFrees++;
      }
      assertEquals(6, rig.cache.lists.slabTotal);
      for (int i = 6; i < 10; i++) {
        rig.free(o.get(i));
      }
      assertEquals(6, rig.cache.lists.slabTotal, "no flush, no reclaim");
      rig.free(o.get(10));
      assertEquals(2, rig.cache.lists.slabTotal, "the flush emptied one more; there is no low-water mark");
      rig.cache.verify();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anyOrderKeepsTheInvariants(ObjectLayout layout) {
    Seeds.run(random -> {
      try (SplRig rig = new SplRig(layout, 1 + random.nextInt(300), 1 + random.nextInt(9), 2 + random.nextInt(9))) {
        List<Long> live = new ArrayList<>();
        for (int step = 0; step < 3_000; step++) {
          if (live.isEmpty() || random.nextInt(100) < 52) {
            live.add(rig.alloc());
          } else {
            Collections.swap(live, random.nextInt(live.size()), live.size() - 1);
            rig.free(live.removeLast());
          }
          if (random.nextInt(200) == 0) {
            rig.cache.reap();
            assertEquals(List.of(), rig.magazine());
          }
          rig.cache.verify();
        }
      }
    });
  }
}
