package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.linux.LinuxChains;
import dev.slablab.page.Memory;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.OpenKmems;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** An instance with one magazine, two caches alike at a debug level, and objects of both, to be misused. */
final class DebugRig {
  /** Every kind of cache, where descriptors lie included. */
  enum Kind {
    TRAILER, OUT_OF_BAND, KMEM, VMEM, VMEM_TRAILER, OFFSLAB, OFFSLAB_TRAILER, ON_SLAB, OFF_SLAB;

    boolean linux() {
      return this == ON_SLAB || this == OFF_SLAB;
    }

    /** Whether a descriptor follows each object; nobody else is behind it then. */
    boolean trailer() {
      return this == TRAILER || this == KMEM || this == VMEM_TRAILER || this == OFFSLAB_TRAILER;
    }

    /** Such that four objects, red zones included, fill a page where the descriptor has no room left. */
    int size(int level) {
      return this != OFF_SLAB ? 96 : level < 2 ? 1024 : 944;
    }

    CacheSpec spec(String name, int level) {
      CacheSpec spec = CacheSpec.of(name, size(level)).debug(level);
      return switch (this) {
        case ON_SLAB, OFF_SLAB -> spec.flags(CacheFlag.SLAB);
        case TRAILER -> spec.flags(CacheFlag.KVMEM).layout(ObjectLayout.TRAILER);
        case OUT_OF_BAND -> spec.flags(CacheFlag.KVMEM).layout(ObjectLayout.OUT_OF_BAND);
        case KMEM -> spec.flags(CacheFlag.KMEM).layout(ObjectLayout.TRAILER);
        case VMEM -> spec.flags(CacheFlag.VMEM);
        case VMEM_TRAILER -> spec.flags(CacheFlag.VMEM).layout(ObjectLayout.TRAILER);
        case OFFSLAB -> spec.flags(CacheFlag.OFFSLAB);
        case OFFSLAB_TRAILER -> spec.flags(CacheFlag.OFFSLAB).layout(ObjectLayout.TRAILER);
      };
    }
  }

  final Kind kind;
  final int level;
  final int size;
  final Kmem kmem;
  final KmemCache cache;
  final KmemCache other;
  final List<Long> objects = new ArrayList<>();

  DebugRig(OpenKmems kmems, Kind kind, int level) {
    this.kind = kind;
    this.level = level;
    size = kind.size(level);
    kmem = kmems.open(Kmem.builder().tunables(tunables()));
    kmems.corrupted(kmem);
    cache = kmem.createCache(kind.spec("watched", level));
    other = kmem.createCache(kind.spec("other", level));
    long _ = other.alloc();
    for (int i = 0; i < 16; i++) {
      objects.add(cache.alloc());
      Memory.fill(objects.getLast(), size, (byte) i);
    }
    Collections.sort(objects);
    if (kind.linux()) {
      assertEquals(kind == Kind.OFF_SLAB, LinuxChains.offSlab(kmem.map, objects.getFirst()), kind + " at " + level);
    }
  }

  static Tunables tunables() {
    return Tunables.defaults().with(Tunable.NUMA_NODES, 1).with(Tunable.POSSIBLE_CPUS, 1).with(Tunable.RANGE_SIZE, 1)
        .with(Tunable.SPL_KMEM_CACHE_EXPIRE, 0).with(Tunable.MAGAZINE_DEPOT, 0)
        .with(Tunable.MAGAZINE_PLACEMENT, MagazinePlacement.HASHED.ordinal());
  }

  long victim(int round) {
    return objects.get(2 + round);
  }

  /** Flips bits of a byte; the second time they are as they were. */
  static void flip(long address, int bits) {
    MemorySegment one = Memory.segment(address, 1);
    one.set(ValueLayout.JAVA_BYTE, 0, (byte) (one.get(ValueLayout.JAVA_BYTE, 0) ^ bits));
  }

  /** Allocates at a place of its own, which a stack must name. */
  long[] allocHere(int n) {
    return IntStream.range(0, n).mapToLong(_ -> cache.alloc()).toArray();
  }

  /** Frees at another. */
  void freeThere(long object) {
    cache.free(object);
  }
}
