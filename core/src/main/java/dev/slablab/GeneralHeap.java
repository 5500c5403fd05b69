package dev.slablab;

import module java.base;
import dev.slablab.linux.*;
import dev.slablab.page.*;
import dev.slablab.percpu.Homes;
import dev.slablab.slab.DebugLayer;
import dev.slablab.spec.*;
import dev.slablab.spl.*;
import org.jspecify.annotations.Nullable;

/**
 * General-purpose allocation ({@code kmalloc}): a cache per size class, made when first needed; page runs above the
 * largest class. Thread-safe; the fast paths are an index and the lease in the thread's row ({@link Homes}).
 */
final class GeneralHeap implements Descriptors {
  /** Bounds the descriptors on the Java heap, about 4 bytes an object. */
  private static final int SLAB_OBJECTS = 1024;
  /** What one magazine may hold back: large objects get short magazines. */
  private static final int MAGAZINE_BYTES = 64 << 10;
  /** The user half of a 48-bit address space: no request beyond it can ever be served. */
  private static final long ABSURD = 1L << 47;
  private static final VarHandle CACHE = MethodHandles.arrayElementVarHandle(KmemCache[].class);

  private final Kmem kmem;
  private final Caches all;
  private final PageRuns runs;
  private final SizeClasses classes;
  /** By class; null until first needed, and again once closed. */
  private final KmemCache[] caches;
  private final Homes homes;
  /** The slabs' range. */
  private final long base;
  private final long span;

  GeneralHeap(Kmem kmem, Caches all, PageRuns runs) {
    this.kmem = kmem;
    this.all = all;
    this.runs = runs;
    this.classes = new SizeClasses(kmem.tunables().get(Tunable.GENERAL_CLASSES) != 0,
        Math.min(kmem.tunables().get(Tunable.GENERAL_LARGEST),
            kmem.tunables().get(Tunable.SPL_KMEM_CACHE_MAX_SIZE) << 20));
    this.caches = new KmemCache[classes.count()];
    this.homes = new Homes(classes.count());
    this.base = kmem.source.base(Area.OBJECTS);
    this.span = kmem.source.span(Area.OBJECTS);
  }

  @Override
  public long alloc(long size, AllocMode mode) {
    int index = classes.index(size);
    if (index >= 0) {
      long object = homes.pop(index);
      if (object != 0) {
        return object;
      }
      KmemCache cache = (KmemCache) CACHE.getAcquire(caches, index);
      if (cache != null) {
        return cache.alloc(mode);
      }
    }
    return allocSlow(size, 1, false, mode);
  }

  /** Takes the first class from the smallest on whose objects are all aligned, or a page run; only this one zeroes. */
  long allocSlow(long size, long align, boolean zeroed, AllocMode mode) {
    check("size", size, 0);
    if (Long.bitCount(check("alignment", align, 1)) != 1) {
      throw KmemException.Usage.of("alignment", align, "must be a power of two");
    }
    if (mode == null) { // callers outside null-checked code do pass null
      throw KmemException.Usage.of("mode", "null", "must be SLEEP, NOSLEEP, PUSHPAGE or NORETRY");
    }
    int index = align <= kmem.source.pageSize() ? classes.index(size) : -1;
    while (index >= 0 && index < caches.length && (classes.bytes(index) & (align - 1)) != 0) {
      index++;
    }
    return index >= 0 && index < caches.length ? cache(index).alloc(mode) : runs.allocate(size, align, zeroed, mode);
  }

  private static long check(String name, long value, long least) {
    if (value < least || value > ABSURD) {
      throw KmemException.Usage.of(name, value, "must be " + least + ".." + ABSURD + " bytes");
    }
    return value;
  }

  private KmemCache cache(int index) {
    KmemCache cache = (KmemCache) CACHE.getAcquire(caches, index);
    if (cache == null) {
      synchronized (caches) {
        cache = (KmemCache) CACHE.getAcquire(caches, index);
        if (cache == null) {
          cache = all.create(specOf(classes.bytes(index)), magazine(classes.bytes(index)), homes, index);
          CACHE.setRelease(caches, index, cache);
          if (!all.all.contains(cache)) { // closed meanwhile
            forget(cache);
          }
        }
      }
    }
    return cache;
  }

  /** Whoever comes to a closed instance hears just that, not of one of its caches. */
  void forget(KmemCache cache) {
    int index = classes.index(cache.spec().size());
    if (index >= 0) {
      boolean _ = CACHE.compareAndSet(caches, index, cache, null);
    }
  }

  /**
   * A class's cache. Descriptors out of band, so that objects are aligned by their size's largest power of two, and as
   * many of them as end on a page's end: no class has a waste in its last page.
   */
  static CacheSpec spec(long size, int page, long slabBytes) {
    int align = (int) Math.min(Long.lowestOneBit(size), page);
    long unit = page / align;
    long most = Math.min(slabBytes / size, SLAB_OBJECTS);
    return CacheSpec.of("kmalloc-" + size, size).align(align).flags(CacheFlag.KVMEM).layout(ObjectLayout.OUT_OF_BAND)
        .objectsPerSlab((int) Math.max(unit, most / unit * unit));
  }

  /** The same, or the Linux slab's: as there, but for the alignment we promise. */
  private CacheSpec specOf(long size) {
    CacheSpec spec = spec(size, kmem.source.pageSize(), kmem.tunables().get(Tunable.GENERAL_SLAB_BYTES));
    if (size > kmem.tunables().get(Tunable.GENERAL_SLAB_LIMIT)) {
      return spec;
    }
    // lines would merge classes of the fine table
    return kmem.tunables().get(Tunable.GENERAL_CLASSES) != 0
        ? CacheSpec.of(spec.name(), size).align(spec.align()).flags(CacheFlag.SLAB)
        : CacheSpec.of("size-" + size, size).align(spec.align()).flags(CacheFlag.SLAB, CacheFlag.HWCACHE_ALIGN);
  }

  /** Keeps the names of Linux's general caches for them, which are made when first needed. */
  CacheSpec checked(CacheSpec spec) {
    if (IntStream.range(0, caches.length).mapToObj(i -> specOf(classes.bytes(i)))
        .anyMatch(own -> own.flags().contains(CacheFlag.SLAB) && own.name().equals(spec.name()))) {
      throw KmemException.Usage.of("name", spec.name(), "is kept for a general cache; choose another");
    }
    return spec;
  }

  private long magazine(long size) {
    long tunable = kmem.tunables().get(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE);
    return tunable != 0 ? tunable
        : Math.clamp(MAGAZINE_BYTES / size, 2, SplGeometry.magazineSize(size, kmem.source.pageSize(), 0));
  }

  long allocZeroed(long size, long align) {
    long address = allocSlow(size, align, true, AllocMode.SLEEP);
    if (size <= classes.largest && align <= kmem.source.pageSize()) { // page runs have seen to it
      Memory.fill(address, size, (byte) 0);
    }
    return address;
  }

  /** In place while more than half of the block is used, or no better one could be had. */
  long realloc(long address, long newSize) {
    if (address == 0) {
      return alloc(newSize, AllocMode.SLEEP);
    }
    long usable = usable("realloc", address);
    check("newSize", newSize, 0);
    if (newSize <= usable && (newSize > usable / 2 || capacity(newSize) >= usable)) {
      return address;
    }
    long moved = alloc(newSize, AllocMode.SLEEP);
    Memory.copy(address, moved, Math.min(usable, newSize));
    free(address);
    return moved;
  }

  private long capacity(long size) {
    int index = classes.index(size);
    return index >= 0 ? classes.bytes(index) : Pages.roundUp(size, kmem.source.pageSize());
  }

  void free(long address) {
    PageOwner owner = kmem.map.get(address);
    if (owner != null && owner.number >= 0 && homes.push(owner.number, address)) {
      return;
    }
    if (owner != null && owner.handle instanceof KmemCache cache) {
      cache.free(address);
    } else if (!runs.free(address)) {
      throw PageRuns.foreign("free", address, owner);
    }
  }

  @Override
  public void free(long address, long size) {
    int index = classes.index(size);
    if (index >= 0 && Long.compareUnsigned(address - base, span) < 0 && homes.push(index, address)) {
      return;
    }
    KmemCache cache = index < 0 ? null : (KmemCache) CACHE.getAcquire(caches, index);
    if (cache == null) { // a page run, or a class nothing was allocated from
      free(address);
    } else {
      cache.free(address);
    }
  }

  @Override
  public boolean isInUse(long address, long bytes) {
    KmemCache cache = caches[classes.index(bytes)];
    PageOwner owner = kmem.map.get(address);
    return cache != null && owner != null && owner.handle == cache && usable(owner, address) >= bytes
        && (cache.objects instanceof DebugLayer || !(owner instanceof LinuxSlab slab) || slab.isInUse(address))
        && Arrays.stream(cache.magazines.contents()).noneMatch(free -> free == address);
  }

  private static long usable(@Nullable PageOwner owner, long address) {
    return owner != null && owner.handle instanceof KmemCache cache && cache.objects instanceof DebugLayer debug
        ? debug.usable(address)
        : owner instanceof LinuxSlab slab ? slab.usable(address) : PageRuns.usable(owner, address);
  }

  /** Bytes of the block that begins at an address. */
  long usable(String what, long address) {
    PageOwner owner = kmem.map.get(address);
    long bytes = usable(owner, address);
    if (bytes < 0) {
      kmem.checkOpen(what);
      throw PageRuns.foreign(what, address, owner);
    }
    return bytes;
  }
}
