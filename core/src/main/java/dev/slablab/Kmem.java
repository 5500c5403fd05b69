package dev.slablab;

import dev.slablab.page.ArenaPageSource;
import dev.slablab.page.CountingPageSource;
import dev.slablab.page.LimitingPageSource;
import dev.slablab.page.PageMap;
import dev.slablab.page.PageSource;
import dev.slablab.page.RangePageSource;
import dev.slablab.percpu.Magazines;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemClock;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.KmemScheduler;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.spl.LeakReport;
import dev.slablab.spl.Reclaimer;
import dev.slablab.spl.SplCache;
import dev.slablab.spl.SplContext;
import dev.slablab.spl.SplGeometry;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An independent allocator instance: its tunables, page source, task threads and caches. Several live side by side in
 * one process. Thread-safe.
 *
 * <pre>{@code
 * try (Kmem kmem = Kmem.create();
 *     KmemCache cache = kmem.createCache(CacheSpec.of("buffers", 4096))) {
 *   long buffer = cache.alloc();
 *   cache.free(buffer);
 * }
 * }</pre>
 */
public final class Kmem implements AutoCloseable {
  private final CountingPageSource source;
  private final PageMap map = new PageMap();
  private final KmemClock clock;
  private final KmemScheduler scheduler;
  private final MagazinePlacement placement;
  private final int cpus;
  /** In order of creation, oldest first, as the text tables list them. */
  private final List<KmemCache> caches = new CopyOnWriteArrayList<>();
  private final Set<Thread> reapers = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean reclaiming = new AtomicBoolean();
  private volatile Tunables tunables;
  private volatile boolean closed;

  private Kmem(Builder builder) {
    tunables = builder.tunables;
    clock = builder.clock;
    PageSource pages = builder.source == null ? defaultSource(tunables) : builder.source;
    long limit = tunables.get(Tunable.MEMORY_LIMIT);
    source = new CountingPageSource(builder.decorate.apply(limit == 0 ? pages : new LimitingPageSource(pages, limit)));
    scheduler = builder.scheduler != null ? builder.scheduler
        : KmemScheduler.threads((int) tunables.get(Tunable.SPL_KMEM_CACHE_KMEM_THREADS));
    long possible = tunables.get(Tunable.POSSIBLE_CPUS);
    cpus = possible == 0 ? Runtime.getRuntime().availableProcessors() : (int) possible;
    placement = Magazines.placementInUse(
        MagazinePlacement.values()[(int) tunables.get(Tunable.MAGAZINE_PLACEMENT)]);
  }

  private static PageSource defaultSource(Tunables tunables) {
    PageSource range = tunables.get(Tunable.PAGE_SOURCE) != 0 ? null
        : RangePageSource.reserve(tunables.get(Tunable.RANGE_SIZE) << 30, tunables.get(Tunable.HUGE_PAGES) != 0);
    return range == null ? new ArenaPageSource() : range;
  }

  /**
   * An instance with the tunables of this JVM's system properties.
   *
   * @return an open instance
   * @throws KmemException.Usage when a {@code -Dslablab.…} property is not legal
   */
  public static Kmem create() {
    return builder().build();
  }

  /** {@return a builder; its tunables are those of this JVM's system properties until set} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Creates a cache ({@code spl_kmem_cache_create}); no memory is taken until the first allocation.
   *
   * @param spec what it shall be
   * @return an open cache
   * @throws KmemException.Usage when a value is not legal here, or this instance is closed; nothing was taken
   */
  public KmemCache createCache(CacheSpec spec) {
    Tunables now = tunables;
    int page = source.pageSize();
    if (spec.align() > page) {
      throw KmemException.Usage.of("align", spec.align(), "must be a power of two from " + CacheSpec.DEFAULT_ALIGN
          + " to the page size, " + page + " (cache " + spec.name() + ")");
    }
    ObjectLayout layout = spec.layout() != null ? spec.layout()
        : ObjectLayout.values()[(int) now.get(Tunable.OBJECT_LAYOUT)];
    int objects = spec.objectsPerSlab() != 0 ? spec.objectsPerSlab()
        : (int) now.get(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB);
    SplGeometry geometry = switch (TypeChoice.choose(spec, now)) {
      // The Linux slab comes with its own backend; until then its objects take the SPL path.
      case KVMEM, SLAB -> SplGeometry.kvmem(spec.name(), spec.size(), spec.align(), layout, objects,
          now.get(Tunable.SPL_KMEM_CACHE_MAX_SIZE) << 20, page, now.get(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE));
    };
    Magazines magazines = new Magazines(cpus, geometry.magazineSize(), geometry.refill(),
        (int) now.get(Tunable.MAGAZINE_DEPOT) * cpus, placement,
        clock::nanoTime);
    SplCache slabs = new SplCache(spec, geometry, magazines, new SplContext(source, map, clock, scheduler, reclaimer,
        now.get(Tunable.GROW_IN_CALLER) != 0,
        TimeUnit.MILLISECONDS.toNanos(now.get(Tunable.SLAB_DECAY)), reapers));
    KmemCache cache = new KmemCache(this, spec, magazines, slabs, source);
    synchronized (caches) {
      checkOpen("createCache");
      caches.add(cache);
    }
    return cache;
  }

  /**
   * Reaps every cache, oldest first ({@code spl_kmem_reap}).
   *
   * @return bytes that went back to the operating system
   * @throws KmemException.Usage when this instance is closed
   */
  public long reap() {
    checkOpen("reap");
    return reapAll();
  }

  /** A destructor that throws in one cache keeps no other from being reaped. */
  private long reapAll() {
    long bytes = 0;
    Failures thrown = new Failures();
    for (KmemCache cache : caches) {
      try {
        bytes += cache.reapIfOpen();
      } catch (RuntimeException | Error e) {
        thrown.add(e);
      }
    }
    thrown.rethrow();
    return bytes;
  }

  /**
   * Changes a tunable of the running instance.
   *
   * @param row which; it must be {@link Tunable#writable}
   * @param value in the row's unit
   * @throws KmemException.Usage when the row is fixed once an instance is built, or the value out of range
   */
  public void tune(Tunable row, long value) {
    if (!row.writable) {
      throw KmemException.Usage.of(row.key(), value, "is fixed when the allocator is built (mode 0444), now "
          + tunables.get(row) + "; set it through Kmem.builder().tunables(…) or -D" + Tunables.PREFIX + row.key());
    }
    synchronized (caches) {
      tunables = tunables.with(row, value);
    }
  }

  /** {@return the tunables in force} */
  public Tunables tunables() {
    return tunables;
  }

  /** {@return the open caches, oldest first} */
  public List<KmemCache> caches() {
    return List.copyOf(caches);
  }

  /** {@return the statistics as {@code /proc/spl/kmem/slab} prints them} */
  public String slabText() {
    return SplSlabText.of(caches.stream().map(KmemCache::stats).toList());
  }

  /** {@return the sums over all caches, exact when no operation is under way} */
  public CacheStats.Totals totals() {
    return CacheStats.Totals.of(caches.stream().map(KmemCache::stats).toList());
  }

  /** {@return bytes of pages held, whether touched or not} */
  public long heldBytes() {
    return source.heldBytes();
  }

  /** {@return bytes of this instance's own mappings that are resident, or -1 where that cannot be told} */
  public long residentBytes() {
    return source.residentBytes();
  }

  /** {@return how a thread finds its magazine here} */
  public MagazinePlacement placement() {
    return placement;
  }

  /** {@return the possible CPUs: shared magazines of each cache; with biased placement up to 4 × as many slots} */
  public int cpus() {
    return cpus;
  }

  /** {@return where pages come from, in words} */
  public String pageSource() {
    return source.describe();
  }

  /**
   * Walks every structure of every cache; call it when no operation is under way.
   *
   * @throws KmemException.Corruption naming the first violation
   */
  public void verify() {
    caches.forEach(KmemCache::verify);
  }

  /**
   * Closes all caches, reports what leaked, then unmaps all memory. Addresses must not be touched afterwards.
   *
   * @throws KmemException.Leak when objects were in use; everything is released all the same
   * @throws KmemException.Usage when this instance is closed already
   */
  @Override
  public void close() {
    synchronized (caches) {
      checkOpen("close");
      if (caches.stream().anyMatch(KmemCache::isInHook)) {
        throw new KmemException.Usage("close: a hook that runs while a slab is built or returned cannot close the Kmem");
      }
      closed = true;
    }
    StringBuilder leaks = new StringBuilder();
    Failures thrown = new Failures();
    for (KmemCache cache : caches) {
      while (caches.contains(cache)) {
        try {
          LeakReport leak = cache.closeSlabs(true, thrown);
          leaks.append(leak.isEmpty() ? "" : "; " + leak);
        } catch (KmemException.Usage closing) { // another thread is at it: the cache leaves the list, or stays open
          Thread.yield();
        }
      }
    }
    thrown.run(scheduler::close);
    try {
      source.close();
    } catch (IllegalStateException e) { // a segment is in a system call: another close may succeed
      closed = false;
      thrown.add(e);
    }
    if (!leaks.isEmpty()) {
      throw leak("close: memory released with objects in use" + leaks, thrown);
    }
    thrown.rethrow();
  }

  /** A leak; what else went wrong comes suppressed in it. */
  static KmemException.Leak leak(String message, Failures others) {
    KmemException.Leak leak = new KmemException.Leak(message);
    Throwable first = others.first();
    if (first != null) {
      leak.addSuppressed(first);
    }
    return leak;
  }

  void unregister(KmemCache cache) {
    caches.remove(cache);
  }

  private void checkOpen(String what) {
    if (closed) {
      throw new KmemException.Usage(what + ": kmem = closed: create another with Kmem.create()");
    }
  }

  private final Reclaimer reclaimer = new Reclaimer() {
    @Override
    public long reclaim() {
      if (!reclaiming.compareAndSet(false, true)) {
        return 0;
      }
      try {
        return reapAll();
      } finally {
        reclaiming.set(false);
      }
    }

    @Override
    public long progress() {
      return source.frees();
    }

    @Override
    public long timeoutNanos() {
      return TimeUnit.MILLISECONDS.toNanos(tunables.get(Tunable.ALLOC_TIMEOUT));
    }
  };

  /** Collects what an instance is built from. Not thread-safe. */
  public static final class Builder {
    private Tunables tunables = Tunables.fromSystemProperties();
    private KmemClock clock = KmemClock.system();
    private @Nullable KmemScheduler scheduler;
    private @Nullable PageSource source;
    private UnaryOperator<PageSource> decorate = UnaryOperator.identity();

    private Builder() {}

    /**
     * Sets all tunables.
     *
     * @param values the values
     * @return this
     */
    public Builder tunables(Tunables values) {
      tunables = values;
      return this;
    }

    /**
     * Changes one tunable.
     *
     * @param row which
     * @param value in the row's unit
     * @return this
     * @throws KmemException.Usage when the value is out of range
     */
    public Builder tunable(Tunable row, long value) {
      tunables = tunables.with(row, value);
      return this;
    }

    /**
     * Sets the clock.
     *
     * @param value the machine's unless set
     * @return this
     */
    public Builder clock(KmemClock value) {
      clock = value;
      return this;
    }

    /**
     * Sets the scheduler; the instance closes it.
     *
     * @param value task threads of its own unless set
     * @return this
     */
    public Builder scheduler(KmemScheduler value) {
      scheduler = value;
      return this;
    }

    /**
     * Sets the page source; the instance closes it.
     *
     * @param value a source no other instance uses
     * @return this
     */
    public Builder pageSource(PageSource value) {
      source = value;
      return this;
    }

    /**
     * Wraps the page source, for instance to inject faults.
     *
     * @param decorator given the limited source, returns the one to use
     * @return this
     */
    public Builder decorate(UnaryOperator<PageSource> decorator) {
      decorate = decorator;
      return this;
    }

    /** {@return an open instance} */
    public Kmem build() {
      return new Kmem(this);
    }
  }
}
