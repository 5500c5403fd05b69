package dev.slablab.spl;

import dev.slablab.page.Pages;
import dev.slablab.spec.*;

/**
 * The numbers of a cache's slabs and magazines ({@code spl_slab_size}, {@code spl_magazine_size}), in bytes and
 * objects.
 *
 * @param stride from one object to the next ({@code spl_obj_size}), descriptor included; OFFSLAB: an object's page run
 * @param header before the first object ({@code spl_sks_size}); OFFSLAB: its page run
 * @param slabBytes exact; 64-bit, since objects × size may exceed 2 GiB
 */
public record SplGeometry(CacheType type, long objectSize, int align, ObjectLayout layout, long stride, long header,
    int objects, long slabBytes, int magazineSize) {
  /** Modelled size of {@code spl_kmem_slab_t}, bytes. */
  public static final int HEADER_BYTES = 64;
  /** Modelled size of {@code spl_kmem_obj_t}, bytes. */
  public static final int TRAILER_BYTES = 40;

  private static final int MAGAZINE_MIN = 2;
  private static final int MAGAZINE_MAX = 256;
  /** The original's largest KMEM slab. */
  public static final long KMEM_PAGES = 128;
  /** Beyond any address space: for objects that nothing else limits. */
  private static final long OFFSLAB_BYTES = 1L << 47;

  /** The numbers of a cache of a type; a magazine size of 0 = by object size. */
  public static SplGeometry of(CacheSpec spec, CacheType type, Tunables now, int page, long magazineTunable) {
    ObjectLayout layout = spec.layout() != null ? spec.layout()
        : ObjectLayout.values()[(int) now.get(Tunable.OBJECT_LAYOUT)];
    long wish = spec.objectsPerSlab() != 0 ? spec.objectsPerSlab() : now.get(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB);
    boolean offslab = type == CacheType.OFFSLAB;
    boolean kmem = type == CacheType.KMEM || (offslab && spec.flags().contains(CacheFlag.KMEM));
    long most = kmem ? KMEM_PAGES * page : offslab ? OFFSLAB_BYTES : now.get(Tunable.SPL_KMEM_CACHE_MAX_SIZE) << 20;
    long object = stride(Math.min(spec.size(), most), spec.align(), layout); // what exceeds it has no room below
    long header = layout == ObjectLayout.TRAILER ? Pages.roundUp(HEADER_BYTES, spec.align()) : 0;
    long stride = offslab ? Pages.roundUp(Long.highestOneBit(object) << 2, page) : object;
    long bytes = type != CacheType.KMEM ? most
        : Math.min(most, Math.max(2L * page, Pages.powerOfTwoRun(wish * object + header, page) / 2));
    long objects = spec.size() > most ? 0
        : offslab ? object <= most && stride <= OFFSLAB_BYTES / wish ? wish : 0
        : kmem || wish * stride + header > bytes ? (bytes - header) / stride : wish;
    if (objects == 0) {
      String limit = kmem ? "of type KMEM" : offslab ? "of type OFFSLAB" : Tunable.SPL_KMEM_CACHE_MAX_SIZE.key();
      throw KmemException.Usage.of("size", spec.size(), "no space: an object of cache " + spec.name() + " with its"
          + " descriptors does not fit in a slab of " + bytes + " bytes (" + limit + "); choose smaller objects, or"
          + " fewer per slab");
    }
    if (objects < now.get(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB_MIN)) {
      throw KmemException.Usage.of("size", spec.size(), "a slab of cache " + spec.name() + " would have " + objects
          + " objects, fewer than spl_kmem_cache_obj_per_slab_min = "
          + now.get(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB_MIN) + "; choose smaller objects, or lower that");
    }
    long before = offslab ? Pages.roundUp(header, page) : header;
    return new SplGeometry(type, spec.size(), spec.align(), layout, stride, before, (int) objects,
        type == CacheType.KMEM ? bytes : objects * stride + before, magazineSize(object, page, magazineTunable));
  }

  /** {@code spl_obj_size}. */
  public static long stride(long size, int align, ObjectLayout layout) {
    return Pages.roundUp(size, align) + (layout == ObjectLayout.TRAILER ? Pages.roundUp(TRAILER_BYTES, align) : 0);
  }

  public static int magazineSize(long stride, int pageSize, long tunable) {
    if (tunable != 0) {
      return Math.clamp(tunable, MAGAZINE_MIN, MAGAZINE_MAX);
    }
    return stride > 256L * pageSize ? 4
        : stride > 32L * pageSize ? 16
        : stride > pageSize ? 64
        : stride > pageSize / 4 ? 128 : 256;
  }

  /** Objects moved by one refill or flush. */
  public int refill() {
    return (magazineSize + 1) / 2;
  }

  /** Bytes of the slab's own page run; 0 = it has none. */
  long runBytes() {
    return type == CacheType.OFFSLAB ? header : slabBytes;
  }
}
