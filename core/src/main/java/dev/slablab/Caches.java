package dev.slablab;

import module java.base;
import dev.slablab.linux.*;
import dev.slablab.page.*;
import dev.slablab.percpu.*;
import dev.slablab.slab.*;
import dev.slablab.spec.*;
import dev.slablab.spl.*;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The caches of one instance: how they are made, help each other in a shortage, and are closed. Thread-safe. */
final class Caches implements Reclaimer {
  /** Bytes, on x86-64 and most others. */
  private static final int CACHE_LINE = 64;
  /** Bits of {@code spl_kmem_cache_expire}. */
  private static final long AGE = 1;
  private static final long MEM = 2;

  private final Kmem kmem;
  /** In order of creation, oldest first, as the text tables list them. */
  final List<KmemCache> all = new CopyOnWriteArrayList<>();
  final Ageing ageing;
  private final Set<Thread> reapers = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean reclaiming = new AtomicBoolean();
  private final AtomicLong undone = new AtomicLong();

  Caches(Kmem kmem) {
    this.kmem = kmem;
    this.ageing = new Ageing(kmem);
  }

  /** The source of an instance: the caller's or our own, limited, decorated, counted. */
  static CountingPageSource source(@Nullable PageSource own, UnaryOperator<PageSource> decorate, Tunables tunables) {
    Memory.checkAccess();
    PageSource pages = own != null || tunables.get(Tunable.PAGE_SOURCE) != 0 ? own
        : RangePageSource.reserve(tunables.get(Tunable.RANGE_SIZE) << 30, tunables.get(Tunable.HUGE_PAGES) != 0);
    pages = pages == null ? new ArenaPageSource() : pages;
    long limit = tunables.get(Tunable.MEMORY_LIMIT);
    return new CountingPageSource(decorate.apply(limit == 0 ? pages : new LimitingPageSource(pages, limit)));
  }

  /** Makes a cache with magazines of a given size, 0 = by object size; and a number among the general ones, or -1. */
  KmemCache create(CacheSpec spec, long magazineSize, @Nullable Homes homes, int number) {
    Tunables now = kmem.tunables();
    int page = kmem.source.pageSize();
    if (spec.align() > page) {
      throw KmemException.Usage.of("align", spec.align(), "must be a power of two from " + CacheSpec.DEFAULT_ALIGN
          + " to the page size, " + page + " (cache " + spec.name() + ")");
    }
    CacheType type = TypeChoice.choose(spec, now);
    if (type == CacheType.SLAB) {
      return createLinux(spec, now, homes, number);
    }
    boolean kmemLimit = type == CacheType.KMEM || spec.flags().contains(CacheFlag.KMEM);
    Audit audit = audit(spec, Set.of(), (kmemLimit ? SplGeometry.KMEM_PAGES * page
        : now.get(Tunable.SPL_KMEM_CACHE_MAX_SIZE) << 20) - 3L * page, now);
    CacheSpec inner = audit == null ? spec : audit.inner();
    SplGeometry geometry = SplGeometry.of(inner, type, number < 0 && inner.size() == spec.size() ? now
        : now.with(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB_MIN, 1), page, magazineSize);
    Magazines magazines = new Magazines(kmem.cpus(), geometry.magazineSize(), geometry.refill(),
        (int) now.get(Tunable.MAGAZINE_DEPOT) * kmem.cpus(), kmem.placement(), kmem.clock::nanoTime,
        audit == null ? homes : null, audit == null ? number : -1); // else every free must be looked at
    SlabContext context = context(now);
    return register(new KmemCache(kmem, spec, audit, magazines, context, number >= 0,
        handle -> new SplCache(inner, geometry, magazines, context, handle)));
  }

  /** A cache's debug level at work; null where it is 0, or the kernel's own debugging. */
  private static @Nullable Audit audit(CacheSpec spec, Set<CacheFlag> inForce, long largest, Tunables now) {
    long level = spec.debug() >= 0 ? spec.debug() : now.get(Tunable.CACHE_DEBUG);
    return level == 0 || !Collections.disjoint(inForce, LinuxGeometry.DEBUG) ? null
        : new Audit(spec, (int) level, largest);
  }

  /** What SPL hands over to Linux: at least a word, the caller's alignment, hooks unless they run per allocation. */
  private KmemCache createLinux(CacheSpec spec, Tunables now, @Nullable Homes homes, int number) {
    checkName(spec.name());
    CacheSpec debugged = debugged(spec, now.get(Tunable.SLAB_DEBUG));
    Audit audit = audit(debugged, geometry(debugged, now).flags(), LinuxGeometry.MAX_SIZE, now);
    CacheSpec inner = audit == null ? debugged : audit.inner();
    LinuxGeometry geometry = geometry(inner, now);
    boolean plain = audit == null && kmem.topology.nodes() == 1
        && Collections.disjoint(geometry.flags(), LinuxGeometry.DEBUG);
    Magazines magazines = new Magazines(kmem.cpus(), geometry.limit(), geometry.batch(), 0, kmem.placement(),
        kmem.clock::nanoTime, plain ? homes : null, plain ? number : -1); // else every free must be looked at
    SlabContext context = context(now);
    CacheSpec own = geometry.hooked(inner);
    return register(new KmemCache(kmem, audit == null ? own : spec, audit, magazines, context, number >= 0,
        handle -> new LinuxCache(own, geometry, magazines, context, kmem.topology, kmem.heap, handle)));
  }

  /** As with {@code CONFIG_DEBUG_SLAB}: what surrounds a large object must not cost it a page more. */
  private static CacheSpec debugged(CacheSpec spec, long wanted) {
    boolean room = spec.size() < 4096 || Long.highestOneBit(spec.size() - 1) == Long.highestOneBit(spec.size() + 23);
    CacheSpec zoned = (wanted & 1) != 0 && room ? spec.flags(CacheFlag.RED_ZONE) : spec;
    CacheSpec owned = (wanted & 2) != 0 && room ? zoned.flags(CacheFlag.STORE_USER) : zoned;
    boolean poison = (wanted & 4) != 0 && !spec.flags().contains(CacheFlag.DESTROY_BY_RCU);
    return poison ? owned.flags(CacheFlag.POISON) : owned;
  }

  /** PANIC: what fails though every argument is legal by itself is fatal. */
  private LinuxGeometry geometry(CacheSpec spec, Tunables now) {
    try {
      return LinuxGeometry.of(spec.name(), Math.max(spec.size(), LinuxGeometry.WORD), spec.align(), spec.flags(),
          (int) now.get(Tunable.SLAB_MAX_ORDER), kmem.source.pageSize(), CACHE_LINE, kmem.cpus());
    } catch (KmemException.Usage e) {
      if (spec.flags().contains(CacheFlag.PANIC) && spec.size() <= LinuxGeometry.MAX_SIZE) {
        throw new InternalError("kmem_cache_create: " + e.getMessage(), e);
      }
      throw e;
    }
  }

  private KmemCache register(KmemCache cache) {
    synchronized (this) {
      kmem.checkOpen(cache.general ? "alloc" : "createCache");
      if (cache.linux() != null) {
        checkName(cache.spec().name());
      }
      all.add(cache);
    }
    return cache;
  }

  private void checkName(String name) {
    if (all.stream().anyMatch(cache -> cache.linux() != null && cache.spec().name().equals(name))) {
      throw KmemException.Usage.of("name", name, "a Linux cache of this name is open; choose another, or close it");
    }
  }

  /** First those whose slabs hold objects of others: descriptors are smaller than the objects of a slab without one. */
  private List<KmemCache> dependents() {
    return all.stream().sorted(Comparator.comparingLong(Caches::bytesOfLinux).reversed()).toList();
  }

  private static long bytesOfLinux(KmemCache cache) {
    LinuxCache linux = cache.linux();
    return linux == null ? 0 : linux.shape.size();
  }

  String slabInfo(boolean statistics) {
    return SlabInfo.text(linux().map(LinuxCache::info).toList(), statistics);
  }

  /** Newest first, as the kernel's chain. */
  private Stream<LinuxCache> linux() {
    return all.reversed().stream().map(KmemCache::linux).filter(Objects::nonNull);
  }

  void retune(String line) {
    Function<String, Optional<LinuxCache>> find =
        name -> linux().filter(cache -> cache.name().equals(name)).findFirst();
    TuneLine tuned = TuneLine.parse(line, name -> find.apply(name).isPresent());
    find.apply(tuned.name()).ifPresent(cache -> cache.retune(tuned.limit(), tuned.batch(), tuned.sharedFactor()));
  }

  void online(int cpu, boolean there) {
    kmem.checkOpen("online");
    kmem.topology.online(cpu, there);
    Failures thrown = new Failures();
    linux().forEach(cache -> thrown.run(cache::cpusChanged));
    thrown.rethrow();
  }

  /** What caches and page runs share. */
  SlabContext context(Tunables now) {
    return new SlabContext(kmem.source, kmem.map, kmem.clock, kmem.scheduler, this,
        now.get(Tunable.GROW_IN_CALLER) != 0, TimeUnit.MILLISECONDS.toNanos(now.get(Tunable.SLAB_DECAY)), reapers);
  }

  /** Reaps all; a destructor that throws in one cache keeps no other from being reaped. */
  long reap() {
    Failures thrown = new Failures();
    long bytes = relieve();
    for (KmemCache cache : dependents()) {
      try {
        bytes += cache.objects.reap();
      } catch (RuntimeException | Error e) {
        thrown.add(e);
      }
    }
    thrown.rethrow();
    return bytes;
  }

  /** Closes all and says what leaked. */
  String close(Failures thrown) {
    StringBuilder leaks = new StringBuilder();
    for (KmemCache cache : dependents()) {
      while (all.contains(cache)) {
        try {
          LeakReport leak = cache.closeSlabs(true, thrown);
          leaks.append(leak.isEmpty() ? "" : "; " + leak);
        } catch (KmemException.Usage closing) { // another thread is at it: the cache leaves the list, or stays open
          Thread.yield();
        }
      }
    }
    return leaks.toString();
  }

  /** A leak; what else went wrong, perhaps its cause, is told and comes suppressed in it. */
  static KmemException.Leak leak(String report, Failures others) {
    Throwable first = others.first();
    String message = first == null ? report : report + "\n  found besides: " + first;
    new KmemEvent.Leak().tell(message);
    KmemException.Leak leak = new KmemException.Leak(message);
    Optional.ofNullable(first).ifPresent(leak::addSuppressed);
    return leak;
  }

  @Override
  public long reclaim() {
    if (!reclaiming.compareAndSet(false, true)) {
      return 0;
    }
    try {
      return reap();
    } finally {
      reclaiming.set(false);
    }
  }

  @Override
  public long relieve() {
    return kmem.runs.reap(0) + all.stream().mapToLong(cache -> cache.slabs.relieve()).sum();
  }

  @Override
  public boolean emptiesMagazines() {
    Tunables now = kmem.tunables();
    return now.generation() != Generation.OLD || (now.get(Tunable.SPL_KMEM_CACHE_EXPIRE) & MEM) != 0
        || reclaiming.get();
  }

  @Override
  public boolean reclaimsOnce() {
    return kmem.tunables().get(Tunable.SPL_KMEM_CACHE_RECLAIM) != 0;
  }

  @Override
  public void undone() {
    long _ = undone.incrementAndGet();
  }

  @Override
  public long progress() {
    return kmem.source.frees() - undone.get(); // in this order: too low rather than too high
  }

  @Override
  public long timeoutNanos() {
    return TimeUnit.MILLISECONDS.toNanos(kmem.tunables().get(Tunable.ALLOC_TIMEOUT));
  }

  @Override
  public long agePeriodNanos() {
    Tunables now = kmem.tunables();
    return (now.get(Tunable.SPL_KMEM_CACHE_EXPIRE) & AGE) == 0 ? 0
        : TimeUnit.MILLISECONDS.toNanos(now.get(Tunable.CACHE_DELAY)) / 3;
  }
}
