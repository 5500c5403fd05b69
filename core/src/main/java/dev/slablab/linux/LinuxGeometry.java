package dev.slablab.linux;

import module java.base;
import dev.slablab.page.Pages;
import dev.slablab.spec.*;

/**
 * The numbers of a Linux cache; sizes in bytes.
 *
 * <pre>
 *  on-slab:   | colour | descriptor, chain, padding | object 0 | object 1 | … | left over |
 *  off-slab:  | colour | object 0 | object 1 | … | left over |      descriptor, chain: an object of a general cache
 *  object:    | red zone 8 | requested size, up to a word | red zone 8 | last user 8 |   each only if switched on
 * </pre>
 *
 * @param size as requested
 * @param flags those in force: RECLAIM_ACCOUNT also for RECLAIMABLE, RED_ZONE and STORE_USER if the alignment lets them
 * @param objectBytes from one object to the next
 * @param objectOffset before what the caller gets
 * @param colours different colour offsets; with 0 or 1 the offset is always 0
 * @param colourUnit from one colour offset to the next
 * @param leftover of a slab, in neither objects nor descriptor
 * @param descriptorBytes descriptor and chain, exact
 * @param firstObject before the first object, colour offset not included
 * @param limit objects in an array cache
 * @param batch objects moved by one refill or flush
 * @param sharedFactor batches in a node's shared array; 0 = none
 */
public record LinuxGeometry(int size, Set<CacheFlag> flags, int objectBytes, int align, int objectOffset, int pageSize,
    int order, int objects, boolean offSlab, int colours, int colourUnit, int leftover, int descriptorBytes,
    int firstObject, int limit, int batch, int sharedFactor) {
  /** Bytes of a word, of a red zone, and the least alignment. */
  public static final int WORD = 8;
  /** Modelled size of {@code struct slab}, and of a link in the chain of free objects ({@code kmem_bufctl_t}). */
  public static final int DESCRIPTOR_BYTES = 48;
  public static final int LINK_BYTES = 4;
  public static final int MAX_SIZE = 4 << 20;
  private static final int MAX_ORDER = 10;
  /** Array caches hold no more while debugging, so that freed objects come back to their slabs. */
  private static final int DEBUG_LIMIT = 32;
  public static final Set<CacheFlag> DEBUG = Set.of(CacheFlag.POISON, CacheFlag.RED_ZONE, CacheFlag.STORE_USER);

  /** The geometry of a new cache ({@code kmem_cache_create}); an alignment of 0 asks for none. */
  public static LinuxGeometry of(String name, long size, int align, Set<CacheFlag> asked, int breakOrder, int pageSize,
      int cacheLine, int cpus) {
    if (size < WORD || size > MAX_SIZE) {
      throw KmemException.Usage.of("size", size, "an object of Linux cache " + name + " must have " + WORD + ".."
          + MAX_SIZE + " bytes");
    }
    if (align != 0 && (align < WORD || align > pageSize || Integer.bitCount(align) != 1)) {
      throw KmemException.Usage.of("align", align, "must be 0 or a power of two in " + WORD + ".." + pageSize
          + " (Linux cache " + name + ")");
    }
    Set<CacheFlag> flags = new TreeSet<>(asked);
    if (flags.contains(CacheFlag.RECLAIMABLE)) {
      flags.add(CacheFlag.RECLAIM_ACCOUNT);
    }
    int bytes = (int) Pages.roundUp(size, WORD);
    int finalAlign = Math.max(align, ownAlign(bytes, flags, cacheLine));
    if (finalAlign > WORD) {
      flags.removeAll(List.of(CacheFlag.RED_ZONE, CacheFlag.STORE_USER));
    }
    int offset = flags.contains(CacheFlag.RED_ZONE) ? WORD : 0;
    bytes += 2 * offset + (flags.contains(CacheFlag.STORE_USER) ? WORD : 0);
    boolean offSlab = bytes >= pageSize / 8; // before rounding to the alignment
    bytes = (int) Pages.roundUp(bytes, finalAlign);
    int order = order(bytes, finalAlign, offSlab, flags.contains(CacheFlag.RECLAIM_ACCOUNT) ? 0 : breakOrder, pageSize);
    if (order < 0) {
      throw KmemException.Usage.of("size", size, "an object of Linux cache " + name + " takes " + bytes
          + " bytes with flags " + flags + ", and the largest slab has " + (pageSize << MAX_ORDER));
    }
    int objects = objects(pageSize << order, bytes, finalAlign, offSlab);
    int leftover = leftover(pageSize << order, objects, bytes, finalAlign, offSlab);
    int onSlab = management(objects, finalAlign);
    if (offSlab && leftover >= onSlab) { // then it costs nothing there
      offSlab = false;
      leftover -= onSlab;
    }
    int unit = Math.max(cacheLine, finalAlign);
    int most = bytes > 131_072 ? 1 : bytes > 4096 ? 8 : bytes > 1024 ? 24 : bytes > 256 ? 54 : 120; // enable_cpucache
    int limit = Collections.disjoint(flags, DEBUG) ? most : Math.min(most, DEBUG_LIMIT);
    return new LinuxGeometry((int) size, Collections.unmodifiableSet(flags), bytes, finalAlign, offset, pageSize, order,
        objects, offSlab, leftover / unit, unit, leftover, DESCRIPTOR_BYTES + LINK_BYTES * objects,
        offSlab ? 0 : onSlab, limit, (limit + 1) / 2, bytes <= pageSize && cpus > 1 ? 8 : 0);
  }

  /** The alignment by flags; a red zone and a user word are words, and replace alignment to lines. */
  private static int ownAlign(int bytes, Set<CacheFlag> flags, int cacheLine) {
    int align = flags.contains(CacheFlag.HWCACHE_ALIGN) && !flags.contains(CacheFlag.RED_ZONE)
        && !flags.contains(CacheFlag.STORE_USER) ? cacheLine : WORD;
    while (align > WORD && bytes <= align / 2) {
      align /= 2;
    }
    return align;
  }

  /**
   * The smallest slab that wastes little enough ({@code calculate_slab_order}); -1 when none holds an object. The
   * kernel also stops where an off-slab descriptor would outgrow its object; at most 16 objects of an eighth of a page
   * never do.
   */
  private static int order(int bytes, int align, boolean offSlab, int breakOrder, int pageSize) {
    int found = -1;
    for (int order = 0; order <= MAX_ORDER; order++) {
      int slab = pageSize << order;
      int objects = objects(slab, bytes, align, offSlab);
      if (objects == 0) {
        continue;
      }
      found = order;
      if (order >= breakOrder || leftover(slab, objects, bytes, align, offSlab) * 8L <= slab) {
        break;
      }
    }
    return found;
  }

  /** How many objects a slab holds ({@code cache_estimate}). */
  private static int objects(int slab, int bytes, int align, boolean offSlab) {
    int objects = offSlab ? slab / bytes : (slab - DESCRIPTOR_BYTES) / (bytes + LINK_BYTES);
    // rounding the descriptor up may take one object's place
    return objects > 0 && leftover(slab, objects, bytes, align, offSlab) < 0 ? objects - 1 : objects;
  }

  private static int leftover(int slab, int objects, int bytes, int align, boolean offSlab) {
    return slab - objects * bytes - (offSlab ? 0 : management(objects, align));
  }

  private static int management(int objects, int align) {
    return (int) Pages.roundUp(DESCRIPTOR_BYTES + LINK_BYTES * objects, align);
  }

  /** A copy with other array caches. */
  public LinuxGeometry tuned(int newLimit, int newBatch, int newSharedFactor) {
    TuneLine.check(newLimit, newBatch, newSharedFactor);
    return new LinuxGeometry(size, flags, objectBytes, align, objectOffset, pageSize, order, objects, offSlab, colours,
        colourUnit, leftover, descriptorBytes, firstObject, newLimit, newBatch, newSharedFactor);
  }

  public boolean has(CacheFlag flag) {
    return flags.contains(flag);
  }

  /** Per-slab hooks become per-allocation ones where free objects are poisoned. */
  public CacheSpec hooked(CacheSpec spec) {
    return !has(CacheFlag.POISON) ? spec
        : spec.hooks(spec.constructor(), spec.destructor(), spec.priv(), ConstructorPlacement.PER_ALLOCATION);
  }

  public int slabBytes() {
    return pageSize << order;
  }

  /** How many free objects a node keeps before it gives slabs back. */
  public int freeLimit(int cpusOfNode) {
    return (1 + cpusOfNode) * batch + objects;
  }

  /** What the caller gets for an object ({@code index_to_obj}). */
  long address(long slab, int colourOffset, int index) {
    return slab + colourOffset + firstObject + (long) index * objectBytes + objectOffset;
  }

  /** The object's index ({@code obj_to_index}); -1 when the address is no object's. */
  int index(long slab, int colourOffset, long address) {
    long offset = address - address(slab, colourOffset, 0);
    long index = offset / objectBytes;
    return offset >= 0 && index < objects && index * objectBytes == offset ? (int) index : -1;
  }
}
