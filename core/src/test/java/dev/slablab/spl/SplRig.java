package dev.slablab.spl;

import dev.slablab.page.Area;
import dev.slablab.page.ArenaPageSource;
import dev.slablab.page.CountingPageSource;
import dev.slablab.page.PageMap;
import dev.slablab.page.PageSource;
import dev.slablab.page.RangePageSource;
import dev.slablab.percpu.Magazines;
import dev.slablab.slab.*;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.KmemScheduler;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.NoReclaimer;
import java.util.HashSet;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One cache without the public classes around it, so that tests of this package can look inside and break things: the
 * few lines of {@code KmemCache.alloc} and {@code free}, one magazine, a page source and task threads.
 */
final class SplRig implements AutoCloseable {
  final PageMap map = new PageMap();
  final CountingPageSource source;
  final Magazines magazines;
  final SplCache cache;
  private final KmemScheduler scheduler;
  private final SlabContext context;

  SplRig(ObjectLayout layout, long size, int objectsPerSlab, int magazine) {
    this(layout, size, objectsPerSlab, magazine, KmemScheduler.threads(1));
  }

  SplRig(ObjectLayout layout, long size, int objectsPerSlab, int magazine, KmemScheduler scheduler) {
    this.scheduler = scheduler;
    PageSource range = RangePageSource.reserve(1L << 30, false);
    source = new CountingPageSource(range == null ? new ArenaPageSource() : range);
    context = new SlabContext(source, map, new ManualClock(), scheduler, new NoReclaimer(), false, 0, new HashSet<>());
    SplGeometry geometry = SplGeometry.of(CacheSpec.of("rig", size).layout(layout).objectsPerSlab(objectsPerSlab),
        CacheType.KVMEM, Tunables.defaults(), source.pageSize(), magazine);
    magazines = new Magazines(1, geometry.magazineSize(), geometry.refill(), 0, MagazinePlacement.HASHED,
        System::nanoTime);
    cache = new SplCache(CacheSpec.of("rig", size), geometry, magazines, context, null);
  }

  /** Another cache over the same pages and page map. */
  SplCache sibling(String name) {
    Magazines others = new Magazines(1, magazines.capacity(), magazines.batch(), 0, MagazinePlacement.HASHED,
        System::nanoTime);
    return new SplCache(CacheSpec.of(name, cache.geometry.objectSize()), cache.geometry, others, context, null);
  }

  long alloc() {
    return alloc(AllocMode.SLEEP);
  }

  long alloc(AllocMode mode) {
    long object = magazines.pop();
    return object != 0 ? object : cache.allocate(mode);
  }

  /** Allocates several objects, in order. */
  List<Long> alloc(int count) {
    List<Long> objects = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      objects.add(alloc());
    }
    return objects;
  }

  void free(long object) {
    if (Long.compareUnsigned(object - source.base(Area.OBJECTS), source.span(Area.OBJECTS)) >= 0
        && cache.freeOutside(object)) {
      return;
    }
    if (!magazines.push(object)) {
      cache.free(object);
    }
  }

  Slab slab(long object) {
    if (map.get(object) instanceof Slab slab) {
      return slab;
    }
    throw new AssertionError("no slab at 0x" + Long.toHexString(object));
  }

  /** Slabs of a list from head to tail. */
  static List<Slab> slabs(SlabList<Slab> list) {
    List<Slab> slabs = new ArrayList<>();
    for (@Nullable Slab slab = list.head; slab != null; slab = slab.next) {
      slabs.add(slab);
    }
    return slabs;
  }

  /** What the one magazine holds, oldest first. */
  List<Long> magazine() {
    List<Long> objects = new ArrayList<>();
    for (long object : magazines.contents()) {
      objects.add(object);
    }
    return objects;
  }

  /** Takes all memory away, whatever state the test left it in. */
  @Override
  public void close() {
    scheduler.close();
    source.close();
  }
}
