package dev.slablab.linux;

import dev.slablab.page.PageMap;
import dev.slablab.percpu.Magazines;
import dev.slablab.slab.LeakReport;
import dev.slablab.slab.SlabContext;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.Failures;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.NoReclaimer;
import dev.slablab.testing.PagePool;
import dev.slablab.testing.PatientClock;
import java.lang.foreign.Arena;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A cache of one node with slabs of two objects, cheap to make, for checkers that need millions: CPU arrays are closed,
 * so that every allocation and every free moves an object between node and caller; nothing times out.
 */
final class NodeRig extends Topology implements Descriptors {
  /** What leaves a slab a page without room for a third, and a descriptor on the slab. */
  private static final int SIZE = 2000;
  /** Each rig has pages of its own, those of long ago are used again. */
  private static final int WINDOWS = 4096;
  private static final int MOST_PAGES = 4;
  private static final long MEMORY =
      Arena.global().allocate((long) WINDOWS * MOST_PAGES * PagePool.PAGE, PagePool.PAGE).address();
  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final PageMap MAP = new PageMap();

  final PatientClock clock = new PatientClock();
  final PagePool pages;
  final LinuxCache cache;

  /** One with so many pages and a shared array of so many objects; two free slabs may stay. */
  NodeRig(int mostPages, int shared) {
    super(1, new int[1]);
    pages = new PagePool(MEMORY + (long) (NEXT.getAndIncrement() % WINDOWS) * MOST_PAGES * PagePool.PAGE, mostPages);
    LinuxGeometry geometry =
        LinuxGeometry.of("rig", SIZE, 0, Set.of(), 0, PagePool.PAGE, 64, 1).tuned(1, 1, shared);
    Magazines arrays = new Magazines(1, 1, 1, 0, MagazinePlacement.HASHED, clock::nanoTime);
    cache = new LinuxCache(CacheSpec.of("rig", SIZE), geometry, arrays, new SlabContext(pages, MAP, clock,
        new ManualScheduler(), new NoReclaimer(Long.MAX_VALUE), false, 0, ConcurrentHashMap.newKeySet()), this, this,
        null);
    arrays.close((_, _) -> { });
  }

  @Override
  public long alloc(long bytes, AllocMode mode) {
    throw new AssertionError("descriptors lie on the slab");
  }

  @Override
  public void free(long address, long bytes) {
    throw new AssertionError("descriptors lie on the slab");
  }

  @Override
  public boolean isInUse(long address, long bytes) {
    return false;
  }

  Node one() {
    return cache.nodes[0];
  }

  long alloc() {
    return cache.allocate(AllocMode.SLEEP);
  }

  void free(long object) {
    cache.free(object);
  }

  /** Page and place of an object: 1, 2 on the first page, 11, 12 on the next. */
  int name(long object) {
    return object == 0 ? 0
        : 10 * pages.page(object) + 1 + (object - slab(object).address(0) == cache.shape.objectBytes() ? 1 : 0);
  }

  LinuxSlab slab(long object) {
    return (LinuxSlab) MAP.get(object);
  }

  /** Objects in use, partial slabs and full ones as digits, and, before them, free slabs. */
  int shape() {
    try (Guard _ = one().guard.take()) {
      return one().free.size * 1000 + (int) one().active * 100 + one().partial.size * 10 + one().full.size;
    }
  }

  /** Checks everything, frees these objects, closes: no object and no page is left, and no wake-up was lost. */
  void finish(long... out) {
    cache.verify();
    for (long object : out) {
      if (object != 0) {
        cache.free(object);
      }
    }
    Failures thrown = new Failures();
    LeakReport leak = cache.close(false, thrown);
    thrown.rethrow();
    if (!leak.isEmpty() || pages.inUse() != 0 || clock.lost() != 0) {
      throw new IllegalStateException(leak + ", pages left: " + pages.inUse() + ", wake-ups lost: " + clock.lost());
    }
  }

  /** For broken twins, which leave a mess: whether everything is in order; 0 or 1. */
  int sound() {
    try {
      cache.verify();
      return clock.lost() == 0 ? 1 : 0;
    } catch (RuntimeException e) {
      return 0;
    }
  }
}
