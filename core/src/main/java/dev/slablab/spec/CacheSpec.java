package dev.slablab.spec;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * What a cache shall be: the arguments of {@code spl_kmem_cache_create}, checked. Immutable; the methods with an
 * argument give a changed copy: {@code CacheSpec.of("zio_buf", 131072).align(4096)}. They take what the components do,
 * and throw as the constructor does.
 *
 * @param name not blank; names may repeat, but not among the Linux caches that are open
 * @param size requested object size in bytes, ≥ 1
 * @param align object alignment in bytes, a power of two from {@value #DEFAULT_ALIGN} to the page size (the upper end
 *     is checked when the cache is created); 0 stands for {@value #DEFAULT_ALIGN}
 * @param flags at most one type flag among them; Linux's flags ask for {@link CacheType#SLAB}
 * @param constructor runs on a fresh object, or null
 * @param destructor runs on an object that goes, or null
 * @param reclaim asks for objects when the cache is reaped, or null
 * @param priv handed to all hooks, or null
 * @param constructorPlacement when constructor and destructor run
 * @param objectsPerSlab target objects per slab; 0 = {@link Tunable#SPL_KMEM_CACHE_OBJ_PER_SLAB} decides; no effect on
 *     a Linux cache, nor has the next
 * @param layout where descriptors live; null = {@link Tunable#OBJECT_LAYOUT} decides
 * @param debug as {@link Tunable#CACHE_DEBUG}; -1 = that decides; none beside POISON, RED_ZONE, STORE_USER in force
 */
@SuppressWarnings("doclint:missing") // arguments are described as components
public record CacheSpec(String name, long size, int align, Set<CacheFlag> flags,
    @Nullable ObjectConstructor constructor, @Nullable ObjectDestructor destructor, @Nullable ReclaimCallback reclaim,
    @Nullable Object priv, ConstructorPlacement constructorPlacement, int objectsPerSlab,
    @Nullable ObjectLayout layout, int debug) {
  /** Alignment of objects when none is asked for, in bytes. */
  public static final int DEFAULT_ALIGN = 8;
  private static final Set<CacheFlag> REFUSED = Set.of(CacheFlag.NOMAGAZINE, CacheFlag.NOHASH, CacheFlag.QCACHE);

  /**
   * Checks a specification.
   *
   * @throws KmemException.Usage when a value is not legal
   */
  public CacheSpec {
    if (name == null || name.isBlank()) { // callers outside null-checked code do pass null
      throw KmemException.Usage.of("name", String.valueOf(name), "a cache needs a name that is not blank");
    }
    if (flags == null || constructorPlacement == null) {
      throw new KmemException.Usage("flags = " + flags + ", constructorPlacement = " + constructorPlacement
          + ": must not be null (cache " + name + ")");
    }
    if (size < 1) {
      throw KmemException.Usage.of("size", size, "an object of cache " + name + " must have at least 1 byte");
    }
    align = align == 0 ? DEFAULT_ALIGN : align;
    if (align < DEFAULT_ALIGN || Integer.bitCount(align) != 1) {
      throw KmemException.Usage.of("align", align,
          "must be 0 or a power of two from " + DEFAULT_ALIGN + " to the page size (cache " + name + ")");
    }
    if (types(flags).filter(type -> type != CacheType.OFFSLAB).count() > 1) {
      throw KmemException.Usage.of("flags", flags,
          "at most one of KVMEM, KMEM, VMEM and SLAB, and Linux's flags with SLAB only (cache " + name + ")");
    }
    if (!Collections.disjoint(flags, REFUSED)) {
      throw KmemException.Usage.of("flags", flags, "NOMAGAZINE, NOHASH and QCACHE are not to be had: every cache has"
          + " magazines, and finds an object by its address (cache " + name + ")");
    }
    if (flags.contains(CacheFlag.POISON) && flags.contains(CacheFlag.DESTROY_BY_RCU)) {
      throw KmemException.Usage.of("flags", flags,
          "at most one of POISON and DESTROY_BY_RCU: readers may still look at a freed object (cache " + name + ")");
    }
    flags = Set.copyOf(flags);
    if (objectsPerSlab != 0) {
      Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB.check(objectsPerSlab);
    }
    if (debug < -1 || debug > 3) {
      throw KmemException.Usage.of("debug", debug, "must be 0..3, or -1: as cache_debug says (cache " + name + ")");
    }
  }

  /** {@return a cache without flags and hooks, aligned to {@value #DEFAULT_ALIGN} bytes} */
  public static CacheSpec of(String name, long size) {
    return new CacheSpec(name, size, 0, Set.of(), null, null, null, null, ConstructorPlacement.PER_ALLOCATION, 0,
        null, -1);
  }

  /** {@return a copy with another alignment} */
  public CacheSpec align(int bytes) {
    return with(bytes, flags, objectsPerSlab, layout, debug);
  }

  /** {@return a copy with more flags; at most one type flag in all} */
  public CacheSpec flags(CacheFlag... more) {
    EnumSet<CacheFlag> all = EnumSet.noneOf(CacheFlag.class);
    all.addAll(flags);
    Collections.addAll(all, more);
    return with(align, all, objectsPerSlab, layout, debug);
  }

  /** {@return a copy with other hooks} */
  public CacheSpec hooks(@Nullable ObjectConstructor construct, @Nullable ObjectDestructor destruct,
      @Nullable Object value, ConstructorPlacement when) {
    return new CacheSpec(name, size, align, flags, construct, destruct, reclaim, value, when, objectsPerSlab, layout,
        debug);
  }

  /** {@return a copy with another reclaim callback} */
  public CacheSpec reclaim(@Nullable ReclaimCallback callback) {
    return new CacheSpec(name, size, align, flags, constructor, destructor, callback, priv, constructorPlacement,
        objectsPerSlab, layout, debug);
  }

  /** {@return a copy with another target of objects per slab} */
  public CacheSpec objectsPerSlab(int objects) {
    return with(align, flags, objects, layout, debug);
  }

  /** {@return a copy with another descriptor layout} */
  public CacheSpec layout(@Nullable ObjectLayout where) {
    return with(align, flags, objectsPerSlab, where, debug);
  }

  /** {@return a copy with another debug level} */
  public CacheSpec debug(int level) {
    return with(align, flags, objectsPerSlab, layout, level);
  }

  private CacheSpec with(int bytes, Set<CacheFlag> all, int objects, @Nullable ObjectLayout where, int level) {
    return new CacheSpec(name, size, bytes, all, constructor, destructor, reclaim, priv, constructorPlacement, objects,
        where, level);
  }

  /** {@return the type a flag asks for, or null when the cache shall choose} */
  public @Nullable CacheType type() {
    return types(flags).max(Comparator.naturalOrder()).orElse(null); // SLAB before OFFSLAB before the others
  }

  private static Stream<CacheType> types(Set<CacheFlag> flags) {
    return flags.stream().map(CacheFlag::type).filter(Objects::nonNull).distinct();
  }
}
