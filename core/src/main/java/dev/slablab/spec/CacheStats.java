package dev.slablab.spec;

import module java.base;

/**
 * What a cache holds and has done, exact whenever no operation is under way. At such a quiet point {@code slab.total ×
 * objectsPerSlab = objects.total - emergency.current = live + free in slabs + in magazines}, and {@code allocated -
 * freed = inuse}.
 *
 * @param type the allocator that serves it
 * @param entrySize requested object size in bytes
 * @param objectBytes bytes an object takes in its slab, descriptor included
 * @param slabBytes exact bytes of a slab
 * @param mappedSlabBytes bytes of a slab in whole pages
 * @param objectsPerSlab objects in a slab
 * @param magazineSize objects per magazine
 */
@SuppressWarnings("doclint:missing") // what is not described is what its name says
public record CacheStats(String name, CacheType type, Set<CacheFlag> flags, Set<CacheState> states, long entrySize,
    long objectBytes, long slabBytes, long mappedSlabBytes, int objectsPerSlab, int magazineSize, Slabs slabs,
    Objects objects, Emergency emergency) {

  /**
   * Slabs.
   * @param total slabs that exist
   * @param alloc slabs with an object outside the slab layer (in use, or in a magazine)
   * @param max high-water mark of {@code alloc}
   * @param create slabs ever built
   * @param destroy slabs ever returned
   * @param fail growths that failed
   */
  public record Slabs(long total, long alloc, long max, long create, long destroy, long fail) {}

  /**
   * Objects.
   * @param total objects that exist, emergency objects included
   * @param alloc objects outside the slab layer (in use, or in a magazine); emergency objects not included
   * @param max high-water mark of {@code alloc}
   * @param inuse objects the callers hold, emergency objects included
   * @param inMagazines objects in magazines and depot
   * @param allocated allocations so far
   * @param freed frees so far
   */
  public record Objects(long total, long alloc, long max, long inuse, long inMagazines, long allocated, long freed) {}

  /**
   * Emergency objects.
   * @param deadlock growths that were given up waiting for
   * @param current emergency objects in use
   * @param max high-water mark of {@code current}
   */
  public record Emergency(long deadlock, long current, long max) {}

  /**
   * The sums over caches of a type that {@code /proc/spl/kmem} shows beside the table, for instance as
   * {@code slab_kvmem_total}.
   *
   * @param total bytes of all slabs
   * @param alloc bytes of the objects outside the slab layer
   * @param max the same at each cache's high-water mark
   */
  public record Totals(long total, long alloc, long max) {
    /** {@return the sums over those of some caches that are of a {@link #base} type} */
    public static Totals of(List<CacheStats> caches, CacheType type) {
      List<CacheStats> all = caches.stream().filter(one -> one.base() == type).toList();
      return new Totals(all.stream().mapToLong(one -> one.slabBytes * one.slabs.total).sum(),
          all.stream().mapToLong(one -> one.entrySize * one.objects.alloc).sum(),
          all.stream().mapToLong(one -> one.entrySize * one.objects.max).sum());
    }
  }

  /** {@return the type; for {@link CacheType#OFFSLAB} that which it modifies, KMEM if so flagged, else VMEM} */
  public CacheType base() {
    return type != CacheType.OFFSLAB ? type : flags.contains(CacheFlag.KMEM) ? CacheType.KMEM : CacheType.VMEM;
  }

  /** {@return bytes of all slabs in whole pages that hold nothing asked for: descriptors, alignment and page tails} */
  public long wasteBytes() {
    return slabs.total() * (mappedSlabBytes - objectsPerSlab * entrySize);
  }
}
