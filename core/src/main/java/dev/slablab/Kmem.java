package dev.slablab;

import module java.base;
import dev.slablab.linux.Topology;
import dev.slablab.page.*;
import dev.slablab.percpu.Magazines;
import dev.slablab.spec.*;
import dev.slablab.spl.PageRuns;
import org.jspecify.annotations.Nullable;

/**
 * An independent allocator instance: its tunables, page source, task threads and caches. Several live side by side in
 * one process. Thread-safe.
 *
 * <pre>{@code
 * try (Kmem kmem = Kmem.create();
 *     KmemCache cache = kmem.createCache(CacheSpec.of("buffers", 4096))) {
 *   cache.free(cache.alloc()); // objects of one size
 *   kmem.free(kmem.alloc(1234)); // blocks of any size
 * }
 * }</pre>
 *
 * <p><b>Blocks of any size.</b> A request goes to the cache of the smallest size class that holds it, named as in
 * {@code kmalloc-64}, listed with all others and closed with the instance; above {@code general_largest} it gets a run
 * of whole pages. Size 0 gives a block with an address of its own. A block is aligned to the largest power of two that
 * divides its class, up to a page; a page run to a page. Content is undefined unless zeroed. Blocks are as unprotected
 * as objects of a cache.
 *
 * <p>Sizes are bytes, ≥ 0. What cannot be done once the instance is closed throws {@link KmemException.Usage}.
 */
@SuppressWarnings("doclint:missing") // of sizes, and of a closed instance
public final class Kmem implements AutoCloseable {
  final CountingPageSource source;
  final PageMap map = new PageMap();
  final KmemClock clock;
  final KmemScheduler scheduler;
  private final MagazinePlacement placement;
  private final int cpus;
  final Caches caches = new Caches(this);
  final PageRuns runs;
  final GeneralHeap heap;
  final Topology topology;
  final MemoryPressure pressure;
  private final Shrinker shrinker = new Shrinker(this);
  private volatile Tunables tunables;
  volatile boolean closed;

  private Kmem(Builder builder) {
    clock = builder.clock;
    pressure = builder.pressure;
    source = Caches.source(builder.source, builder.decorate, builder.tunables);
    tunables = builder.tunables.onPages(source.pageSize());
    scheduler = builder.scheduler != null ? builder.scheduler
        : KmemScheduler.threads((int) tunables.get(Tunable.SPL_KMEM_CACHE_KMEM_THREADS));
    long possible = tunables.get(Tunable.POSSIBLE_CPUS);
    cpus = possible == 0 ? Runtime.getRuntime().availableProcessors() : (int) possible;
    placement = Magazines.placementInUse(MagazinePlacement.values()[(int) tunables.get(Tunable.MAGAZINE_PLACEMENT)]);
    topology = Topology.of((int) tunables.get(Tunable.NUMA_NODES), cpus);
    runs = new PageRuns(caches.context(tunables));
    heap = new GeneralHeap(this, caches, runs);
    caches.ageing.start();
  }

  /**
   * {@return an instance with the tunables of this JVM's system properties}
   *
   * @throws KmemException.Usage when a {@code -Dslablab.…} property is not legal, or native access denied
   */
  public static Kmem create() {
    return builder().build();
  }

  /** {@return a builder; its tunables are those of this JVM's system properties until set} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * {@return a new cache ({@code spl_kmem_cache_create}); no memory is taken until the first allocation}
   *
   * @throws KmemException.Usage when a value is not legal here; nothing was taken
   */
  public KmemCache createCache(CacheSpec spec) {
    return caches.create(heap.checked(spec), tunables.get(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE), null, -1);
  }

  /** {@return the address of a block; waits for memory if it must: {@link #alloc(long, AllocMode)} with SLEEP} */
  public long alloc(long size) {
    return heap.alloc(size, AllocMode.SLEEP);
  }

  /**
   * {@return the address of a block of any size ({@code kmalloc}), a multiple of 8; 0 when there is no memory, with
   * NOSLEEP and NORETRY only}
   *
   * @throws KmemException.NoMemory after {@code alloc_timeout} without progress; not with NOSLEEP
   * @throws KmemException.Usage when an argument is not legal
   */
  public long alloc(long size, AllocMode mode) {
    return heap.alloc(size, mode);
  }

  /** {@return as {@link #alloc(long)}, a block that reads as zero ({@code kzalloc}), up to the size asked for} */
  public long allocZeroed(long size) {
    return heap.allocZeroed(size, 1);
  }

  /**
   * {@return as {@link #alloc(long)}, a multiple of the alignment too; above the page size from a page run of size +
   * alignment}
   *
   * @param alignment a power of two
   */
  public long allocAligned(long size, long alignment) {
    return heap.allocSlow(size, alignment, false, AllocMode.SLEEP);
  }

  /**
   * {@return the address of a block changed in size ({@code krealloc}), its content kept up to the smaller size} It
   * stays in place when that suits; else it is aligned as {@link #alloc} does. When this throws, it is untouched.
   *
   * @param address a block, or 0: then this is {@link #alloc(long)}
   * @throws KmemException as {@link #alloc(long)} and {@link #usableSize}
   */
  public long realloc(long address, long newSize) {
    return heap.realloc(address, newSize);
  }

  /**
   * Frees a block ({@code kfree}), or an object of any cache of this instance: the address tells its cache.
   *
   * @param address as it was allocated, and not freed since
   * @throws KmemException.Corruption at once for addresses outside all slabs, else as {@link KmemCache#free(long)}
   */
  public void free(long address) {
    heap.free(address);
  }

  /**
   * Frees a block whose size is known: quicker, since nothing is looked up ({@code kfree_sized}).
   *
   * @param address from {@link #alloc} or {@link #allocZeroed}, not changed by {@link #realloc}
   * @param size as it was asked for; with another, the block ends in the wrong cache and may be handed out too short
   * @throws KmemException as {@link #free(long)}
   */
  public void free(long address, long size) {
    heap.free(address, size);
  }

  /**
   * {@return bytes of a block that may be used: those of its class, or of its page run to the end}
   *
   * @throws KmemException.Corruption when no block begins there
   */
  public long usableSize(long address) {
    return heap.usable("usableSize", address);
  }

  /** {@return an allocator of segments, not zeroed, each freed by its address; bounds are checked, lifetime is not} */
  public SegmentAllocator allocator() {
    return KmemArena.allocator(this);
  }

  /** {@return an arena for this thread, as {@link Arena#ofConfined}; close it before the Kmem, which it ignores} */
  public Arena arena() {
    return new KmemArena(heap, Arena.ofConfined());
  }

  /** {@return an arena for all threads, as {@link Arena#ofShared}; close it before the Kmem, which it ignores} */
  public Arena sharedArena() {
    return new KmemArena(heap, Arena.ofShared());
  }

  /** {@return bytes that went back to the operating system} Reaps every cache, oldest first ({@code spl_kmem_reap}). */
  public long reap() {
    checkOpen("reap");
    return caches.reap();
  }

  /** {@return what may be asked for memory} */
  public Shrinker shrinker() {
    return shrinker;
  }

  /**
   * Changes a {@link Tunable#writable} tunable of the running instance.
   *
   * @throws KmemException.Usage when the row is fixed at build, the value out of range, or the instance closed
   */
  public void tune(Tunable row, long value) {
    if (!row.writable) {
      throw KmemException.Usage.of(row.key(), value, "is fixed when the allocator is built (mode 0444), now "
          + tunables.get(row) + "; set it through Kmem.builder().tunables(…) or -D" + Tunables.PREFIX + row.key());
    }
    checkOpen("tune");
    synchronized (caches) {
      tunables = tunables.with(row, value);
    }
    caches.ageing.start();
  }

  /** {@return the tunables in force} */
  public Tunables tunables() {
    return tunables;
  }

  /** {@return the open caches, oldest first} */
  public List<KmemCache> caches() {
    return List.copyOf(caches.all);
  }

  /** {@return the statistics as {@code /proc/spl/kmem/slab} prints them, of the generation} */
  public String slabText() {
    return SplSlabText.of(caches.all.stream().map(KmemCache::stats).toList(), tunables.generation());
  }

  /**
   * {@return the Linux caches as {@code /proc/slabinfo} prints them, newest first}
   * @param statistics whether what the nodes and arrays did is shown too
   */
  public String slabInfo(boolean statistics) {
    return caches.slabInfo(statistics);
  }

  /**
   * Changes a Linux cache's arrays, as a line written to {@code /proc/slabinfo} does.
   * @param line {@code name limit batchcount shared}; an error when there is no such cache, or a number is not legal
   */
  public void retune(String line) {
    caches.retune(line);
  }

  /**
   * Tells Linux caches that a CPU has gone, or is there again ({@code cpuup_callback}): they empty their arrays, their
   * limits follow, and a node without CPUs keeps neither arrays nor free slabs.
   *
   * @param cpu from 0, less than {@link #cpus}; one must stay
   */
  public void online(int cpu, boolean there) {
    caches.online(cpu, there);
  }

  /** {@return the sums over all caches of a {@link CacheStats#base} type, exact when no operation is under way} */
  public CacheStats.Totals totals(CacheType type) {
    return CacheStats.Totals.of(caches.all.stream().map(KmemCache::stats).toList(), type);
  }

  /** {@return page runs in use: blocks above the largest size class, or aligned to more than a page} */
  public long runs() {
    return runs.usage().getCount();
  }

  /** {@return bytes of the page runs in use, in whole pages} */
  public long runBytes() {
    return runs.usage().getSum();
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
    caches.all.forEach(KmemCache::verify);
    runs.verify();
  }

  /**
   * Closes all caches, reports what leaked, then unmaps all memory. Addresses must not be touched afterwards.
   *
   * @throws KmemException.Leak when objects were in use; everything is released all the same
   * @throws IllegalStateException while a system call has a segment: memory stays mapped, another close may succeed
   */
  @Override
  public void close() {
    synchronized (caches) {
      checkOpen("close");
      if (isInHook()) {
        throw new KmemException.Usage("close: a hook inside slab work, or a reader of objects, cannot close the Kmem");
      }
      caches.all.forEach(cache -> Optional.ofNullable(cache.guards).ifPresent(Guards::close));
      closed = true;
    }
    Failures thrown = new Failures();
    String leaks = "";
    try {
      leaks = caches.close(thrown) + runs.close(thrown);
      thrown.run(scheduler::close);
      source.close();
    } catch (IllegalStateException e) { // a segment is in a system call: another close may succeed
      closed = false;
      thrown.add(e);
    }
    if (!leaks.isEmpty()) {
      throw Caches.leak("close: memory released with objects in use" + leaks, thrown);
    }
    thrown.rethrow();
  }

  boolean isInHook() {
    return caches.all.stream().anyMatch(cache -> cache.slabs.isInHook());
  }

  void unregister(KmemCache cache) {
    caches.all.remove(cache);
    heap.forget(cache);
  }

  void checkOpen(String what) {
    if (closed) {
      throw new KmemException.Usage(what + ": kmem = closed: create another with Kmem.create()");
    }
  }

  /** Collects what an instance is built from; each method gives the builder again. Not thread-safe. */
  @SuppressWarnings("doclint:missing") // of arguments
  public static final class Builder {
    private Tunables tunables = Tunables.fromSystemProperties();
    private KmemClock clock = KmemClock.system();
    private MemoryPressure pressure = MemoryPressure.system();
    private @Nullable KmemScheduler scheduler;
    private @Nullable PageSource source;
    private UnaryOperator<PageSource> decorate = UnaryOperator.identity();

    private Builder() {}

    /** Sets all tunables. */
    public Builder tunables(Tunables values) {
      tunables = values;
      return this;
    }

    /** Changes one tunable; throws {@link KmemException.Usage} when the value is out of range. */
    public Builder tunable(Tunable row, long value) {
      tunables = tunables.with(row, value);
      return this;
    }

    /** Sets the clock, the machine's unless set. */
    public Builder clock(KmemClock value) {
      clock = value;
      return this;
    }

    /** Sets what tells memory pressure, the machine's unless set. */
    public Builder pressure(MemoryPressure value) {
      pressure = value;
      return this;
    }

    /** Sets the scheduler, task threads of its own unless set; the instance closes it. */
    public Builder scheduler(KmemScheduler value) {
      scheduler = value;
      return this;
    }

    /** Sets the page source, which no other instance may use; the instance closes it. */
    public Builder pageSource(PageSource value) {
      source = value;
      return this;
    }

    /** Wraps the page source, which is limited already, for instance to inject faults. */
    public Builder decorate(UnaryOperator<PageSource> decorator) {
      decorate = decorator;
      return this;
    }

    /** {@return an open instance, unless the JVM denies native access} */
    public Kmem build() {
      return new Kmem(this);
    }
  }
}
