package dev.slablab.linux;

import dev.slablab.Kmem;
import dev.slablab.page.Area;
import dev.slablab.page.ArenaPageSource;
import dev.slablab.page.CountingPageSource;
import dev.slablab.page.FailingPageSource;
import dev.slablab.page.PageMap;
import dev.slablab.page.PageSource;
import dev.slablab.page.RangePageSource;
import dev.slablab.percpu.Magazines;
import dev.slablab.slab.SlabContext;
import dev.slablab.slab.SlabList;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.NoReclaimer;
import dev.slablab.testing.ManualScheduler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One Linux cache without the public classes around it: the few lines of {@code KmemCache.alloc} and {@code free}, a
 * page source, and descriptors from the general caches of an instance of their own. With one node there is one CPU
 * array, else one for each thread, and a thread says which node it is on.
 */
final class LinuxRig extends Topology implements AutoCloseable {
  final PageMap map = new PageMap();
  final CountingPageSource source;
  final ManualScheduler tasks = new ManualScheduler();
  final Kmem general;
  final LinuxGeometry geometry;
  final Magazines magazines;
  final LinuxCache cache;
  final SlabContext context;
  /** Asked before every request for pages, and for descriptors. */
  BooleanSupplier pagesFail = () -> false;
  BooleanSupplier descriptorsFail = () -> false;
  long descriptors;
  private final Set<Long> ours = ConcurrentHashMap.newKeySet();
  private final ThreadLocal<Integer> node = ThreadLocal.withInitial(() -> 0);

  LinuxRig(long size, CacheFlag... flags) {
    this(1, 2, CacheSpec.of("rig", size).flags(flags));
  }

  /** CPUs are those that the geometry knows of. */
  LinuxRig(int nodes, int cpus, CacheSpec spec) {
    super(nodes, java.util.stream.IntStream.range(0, cpus).map(cpu -> cpu % nodes).toArray());
    PageSource range = RangePageSource.reserve(1L << 30, false);
    source = new CountingPageSource(new FailingPageSource(range == null ? new ArenaPageSource() : range,
        (bytes, area) -> pagesFail.getAsBoolean()));
    general = Kmem.builder().tunables(Tunables.defaults()).build();
    context = new SlabContext(source, map, new ManualClock(), tasks, new NoReclaimer(), false, 0, new HashSet<>());
    geometry = LinuxGeometry.of(spec.name(), Math.max(spec.size(), 8), spec.align(), spec.flags(), 1, 4096, 64, cpus);
    magazines = new Magazines(nodes == 1 ? 1 : 8, geometry.limit(), geometry.batch(), 0,
        nodes == 1 ? MagazinePlacement.HASHED : MagazinePlacement.BIASED, System::nanoTime);
    cache = new LinuxCache(spec, geometry, magazines, context, this, new Descriptors() {
      @Override
      public long alloc(long bytes, AllocMode mode) {
        long address = descriptorsFail.getAsBoolean() ? 0 : general.alloc(bytes, mode);
        descriptors += address == 0 || !ours.add(address) ? 0 : 1;
        return address;
      }

      @Override
      public void free(long address, long bytes) {
        descriptors -= ours.remove(address) ? 1 : 0;
        general.free(address, bytes);
      }

      @Override
      public boolean isInUse(long address, long bytes) {
        return ours.contains(address) && general.usableSize(address) >= bytes;
      }
    }, null);
  }

  @Override
  public int node() {
    return node.get();
  }

  /** From here on the calling thread is on this node. */
  void moveTo(int id) {
    node.set(id);
  }

  Node one() {
    return cache.nodes[0];
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
    boolean outside = cache.seesEveryFree()
        || Long.compareUnsigned(object - source.base(Area.OBJECTS), source.span(Area.OBJECTS)) >= 0;
    if (!(outside && cache.freeOutside(object)) && !magazines.push(object)) {
      cache.free(object);
    }
  }

  LinuxSlab slab(long object) {
    return (LinuxSlab) java.util.Objects.requireNonNull(map.get(object));
  }

  /** What the CPU arrays hold, oldest first. */
  List<Long> array() {
    return Arrays.stream(magazines.contents()).boxed().toList();
  }

  List<Long> shared() {
    return Arrays.stream(one().shared == null ? new long[0] : one().shared.contents()).boxed().toList();
  }

  /** Slabs of a row from head to tail. */
  static List<LinuxSlab> slabs(SlabList<LinuxSlab> row) {
    List<LinuxSlab> slabs = new ArrayList<>();
    for (@Nullable LinuxSlab slab = row.head; slab != null; slab = slab.next) {
      slabs.add(slab);
    }
    return slabs;
  }

  /** Takes all memory away, whatever state the test left it in. */
  @Override
  public void close() {
    tasks.close();
    source.close();
    try {
      general.close();
    } catch (dev.slablab.spec.KmemException.Leak e) {
      // descriptors of slabs the test left
    }
  }
}
