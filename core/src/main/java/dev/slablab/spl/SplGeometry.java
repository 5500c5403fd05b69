package dev.slablab.spl;

import dev.slablab.page.Pages;
import dev.slablab.spec.*;

/**
 * The numbers of a cache's slabs and magazines ({@code spl_slab_size}, {@code spl_magazine_size}), in bytes and
 * objects.
 *
 * @param stride from one object to the next ({@code spl_obj_size}), descriptor included
 * @param header before the first object ({@code spl_sks_size})
 * @param slabBytes exact; 64-bit, since objects × size may exceed 2 GiB
 */
public record SplGeometry(long objectSize, int align, ObjectLayout layout, long stride, long header, int objects,
    long slabBytes, int magazineSize) {
  /** Modelled size of {@code spl_kmem_slab_t}, bytes. */
  public static final int HEADER_BYTES = 64;
  /** Modelled size of {@code spl_kmem_obj_t}, bytes. */
  public static final int TRAILER_BYTES = 40;

  private static final int MAGAZINE_MIN = 2;
  private static final int MAGAZINE_MAX = 256;

  public static SplGeometry kvmem(String name, long size, int align, ObjectLayout layout, int objPerSlab, long maxSize,
      int pageSize, long magazineTunable) {
    boolean trailer = layout == ObjectLayout.TRAILER;
    long stride = Pages.roundUp(size, align) + (trailer ? Pages.roundUp(TRAILER_BYTES, align) : 0);
    long header = trailer ? Pages.roundUp(HEADER_BYTES, align) : 0;
    long objects = size > maxSize ? 0 // whose stride may have overflowed
        : objPerSlab * stride + header <= maxSize ? objPerSlab : (maxSize - header) / stride;
    if (objects == 0) {
      throw KmemException.Usage.of("size", size, "no space: an object of cache " + name
          + " with its descriptors does not fit in a slab of " + maxSize + " bytes (spl_kmem_cache_max_size)");
    }
    return new SplGeometry(size, align, layout, stride, header, (int) objects, objects * stride + header,
        magazineSize(stride, pageSize, magazineTunable));
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

  long address(long base, int index) {
    return base + header + index * stride;
  }

  /** The index of an object in a slab; -1 when the address is no object's. */
  int index(long base, long address) {
    long offset = address - base - header;
    if (offset < 0) {
      return -1;
    }
    long index = offset / stride;
    return index < objects && index * stride == offset ? (int) index : -1;
  }
}
