package dev.slablab.spl;

import dev.slablab.page.PageMap;
import dev.slablab.percpu.Magazines;
import dev.slablab.slab.LeakReport;
import dev.slablab.slab.SlabContext;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemScheduler;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunables;
import dev.slablab.spl.SplCache.Locked;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.NoReclaimer;
import dev.slablab.testing.PagePool;
import dev.slablab.testing.PatientClock;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A cache on the Java heap alone: descriptors lie out of band, so its pages need be no more than addresses. Magazines
 * are closed unless said otherwise: every allocation and every free moves an object between slab and caller. Cheap to
 * make, for checkers that need millions; nothing times out.
 */
final class HeapRig {
  private static final int SIZE = 1000;
  /** Where nothing is; each rig has pages of its own, those of long ago are used again. */
  private static final long NOWHERE = 1L << 40;
  private static final int WINDOWS = 4096;
  private static final int MOST_PAGES = 16;
  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final PageMap MAP = new PageMap();
  private static final int EMERGENCY = 9;

  /** Apart, so that who needs no thread has none. */
  private static final class TaskThread {
    static final KmemScheduler ONE = KmemScheduler.threads(1);
  }

  final PatientClock clock = new PatientClock();
  final PagePool pages;
  final SplCache cache;
  private final ManualScheduler tasks = new ManualScheduler();
  private final PageMap map;

  private HeapRig(int objects, PageMap map, PagePool pages, boolean growInCaller, boolean taskThread, int magazine) {
    this.map = map;
    this.pages = pages;
    CacheSpec spec = CacheSpec.of("rig", SIZE).layout(ObjectLayout.OUT_OF_BAND).objectsPerSlab(objects);
    SplGeometry geometry =
        SplGeometry.of(spec, CacheType.KVMEM, Tunables.defaults(), PagePool.PAGE, Math.max(magazine, 1));
    Magazines magazines = new Magazines(1, Math.max(magazine, 1), 1, 0, MagazinePlacement.HASHED, clock::nanoTime);
    cache = new SplCache(spec, geometry, magazines, new SlabContext(pages, map, clock,
        taskThread ? TaskThread.ONE : tasks, new NoReclaimer(Long.MAX_VALUE), growInCaller, 0,
        ConcurrentHashMap.newKeySet()),
        null);
    if (magazine == 0) {
      magazines.close((_, _) -> { });
    }
  }

  private static PagePool window(int pages) {
    return new PagePool(NOWHERE + (long) (NEXT.getAndIncrement() % WINDOWS) * MOST_PAGES * PagePool.PAGE, pages);
  }

  /** A SLEEP allocation builds its slab itself. */
  static HeapRig growingInCaller(int objects, int pages) {
    return new HeapRig(objects, MAP, window(pages), true, false, 0);
  }

  /** Slabs are built by whoever calls {@link #runTasks}. */
  static HeapRig growingByHand(int objects) {
    return new HeapRig(objects, MAP, window(MOST_PAGES), false, false, 0);
  }

  /** Slabs are built by a task thread. */
  static HeapRig growingByThread(int objects) {
    return new HeapRig(objects, MAP, window(MOST_PAGES), false, true, 0);
  }

  /** One that shares nothing with any other, perhaps with a magazine. */
  static HeapRig alone(int objects, int pages, boolean growInCaller, int magazine) {
    return new HeapRig(objects, new PageMap(), new PagePool(NOWHERE, pages), growInCaller, false, magazine);
  }

  long alloc() {
    return alloc(AllocMode.SLEEP);
  }

  long alloc(AllocMode mode) {
    long object = cache.magazines.pop();
    return object != 0 ? object : cache.allocate(mode);
  }

  void free(long object) {
    if (!cache.freeOutside(object) && !cache.magazines.push(object)) {
      cache.free(object);
    }
  }

  int runTasks() {
    return tasks.runAll();
  }

  /** Runs tasks once there are any. */
  int awaitTasks() {
    int n = 0;
    while (n == 0) {
      Thread.onSpinWait();
      n = tasks.runAll();
    }
    return n;
  }

  boolean hasTask() {
    return tasks.pending() > 0;
  }

  /** Page and place of an object: 1, 2, … on the first page, 11, 12, … on the next; 9 for an emergency object. */
  int name(long object) {
    return object == 0 ? 0 : !(map.get(object) instanceof Slab slab) ? EMERGENCY
        : 10 * pages.page(object) + slab.index(object) + 1;
  }

  /** Objects out, partial slabs and complete ones as digits. */
  int shape() {
    SlabLists lists = cache.lists;
    return cache.locked(() -> (int) lists.objAlloc * 100 + lists.partial.size * 10 + lists.complete.size);
  }

  /** Checks everything, frees these objects, closes: no object and no page is left, and no wake-up was lost. */
  void finish(long... out) {
    runTasks();
    cache.verify();
    for (long object : out) {
      if (object != 0) {
        free(object);
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

  Locked lock() {
    return cache.lock();
  }
}
