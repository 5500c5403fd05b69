package dev.slablab.spl;

import static dev.slablab.page.Memory.hex;

import module java.base;
import dev.slablab.page.PageOwner;
import dev.slablab.percpu.*;
import dev.slablab.slab.*;
import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/** What lies below the magazines of one SPL cache ({@code spl_kmem_cache_t}). Thread-safe. */
public final class SplCache implements SlabLayer {
  /** How often a NOSLEEP allocation looks for free objects in all magazines before it fails for want of pages. */
  private static final int MAX_DRAINS = 16;
  /** Passes of ageing that find a magazine untouched before it is idle: a third of its age lies between two. */
  private static final int IDLE_LOOKS = 3;

  final SplGeometry geometry;
  final SlabLayout layout;
  final SlabHooks hooks;
  /** The list lock; guards {@link #lists}, {@link #growth}, {@link #emergencies} and the fields below. */
  final ReentrantLock lock = new ReentrantLock();
  final Locked unlock = lock::unlock;
  /** Signalled when a slab or an object may have become free, if somebody waits for it. */
  final Condition memory = lock.newCondition();
  final SlabLists lists = new SlabLists(this);
  final Growth growth = new Growth(this);
  final Emergencies emergencies;
  long directAllocs;
  long directFrees;
  /** Threads that wait for objects: what is freed goes to the slabs at once then. */
  final AtomicInteger sleepers = new AtomicInteger();
  /** Written under the lock. */
  private volatile boolean closed;

  final @Nullable Object handle;
  private final CacheSpec spec;
  final SlabContext context;
  final Magazines magazines;
  final SlabPages pages;
  private final Exchange exchange;

  /** Makes a cache without a slab ({@code spl_kmem_cache_create}). */
  public SplCache(CacheSpec spec, SplGeometry geometry, Magazines magazines, SlabContext context,
      @Nullable Object handle) {
    this.handle = handle;
    this.spec = spec;
    this.geometry = geometry;
    this.magazines = magazines;
    this.context = context;
    this.layout = SlabLayout.of(geometry);
    this.hooks = new SlabHooks(spec);
    this.emergencies = new Emergencies(this);
    this.pages = new SlabPages(this);
    this.exchange = new Exchange(this, magazines);
  }

  String name() {
    return spec.name();
  }

  @Override
  public long allocate(AllocMode mode) {
    hooks.checkMayWait(mode);
    Shortage shortage = null;
    int drains = 0;
    long object = exchange.refill();
    while (object == 0) {
      long grown = growth.grow(mode);
      if (grown > 0) {
        return grown;
      }
      if (grown == Growth.NO_MEMORY) {
        if (mode.mayRetry()) {
          shortage = shortage == null ? new Shortage(context, "cache = " + name() + ", size = " + geometry.objectSize(),
              pages.mappedBytes(), this::returned, this::awaitMemory) : shortage;
          shortage.waitOrThrow();
        } else if (context.reclaimer().relieve() == 0) { // free objects in other CPUs' magazines; others may be quicker
          if (drains++ > 0 && (drains > MAX_DRAINS || magazines.held() == 0)) {
            return 0;
          }
          magazines.drain(exchange::putAll, Drain.NO_WAIT);
        }
      }
      object = look(grown == Growth.GROWN);
    }
    return object;
  }

  /** Looks into the magazine and the slabs; a slab grown for this thread has stayed until now. */
  private long look(boolean owed) {
    try {
      long object = magazines.pop();
      return object != 0 ? object : exchange.refill();
    } finally {
      if (owed) {
        growth.settle();
      }
    }
  }

  @Override
  public void free(long object) {
    checkNotClosed("free");
    if (exchange.flush(object) && lists.isLookDue(context.decayNanos())
        && lists.isDecayDue(context.clock().nanoTime(), context.decayNanos())) {
      long _ = reclaim(context.decayNanos());
    }
  }

  @Override
  public boolean freeOutside(long object) {
    PageOwner owner = context.map().get(object);
    if (owner instanceof Slab slab && slab.cache == this) { // the page source has no ranges
      return false;
    }
    checkNotClosed("free");
    if (!emergencies.free(object, true)) {
      checkNotClosed("free"); // a close meanwhile has released it
      throw corruption("free", object, PageOwner.whose(owner));
    }
    return true;
  }

  @Override
  public void undo(long object, Throwable cause) {
    if (context.map().get(object) instanceof Emergencies.Run) {
      boolean _ = emergencies.free(object, false);
    } else if (!magazines.push(object)) {
      free(object);
    }
  }

  @Override
  public long reap() {
    if (!growth.beginReap()) {
      return 0;
    }
    KmemEvent.Reap event = new KmemEvent.Reap();
    Failures thrown = new Failures();
    long bytes = 0;
    boolean outermost = context.reapers().add(Thread.currentThread());
    try {
      thrown.run(this::ask);
      if (context.reclaimer().emptiesMagazines()) {
        synchronized (this) { // figures are exact beside it: others reap whom the cache's user does not know of
          thrown.run(() -> magazines.drain(exchange::putAll, Drain.SKIP_BUSY));
        }
      }
      bytes = reclaim(0);
    } catch (RuntimeException | Error e) {
      thrown.add(e);
    }
    if (outermost) {
      context.reapers().remove(Thread.currentThread());
    }
    growth.endReap();
    event.tell(name(), bytes);
    thrown.rethrow();
    return bytes;
  }

  /** Runs the reclaim callback while it helps, until a slab is empty. */
  private void ask() {
    if (spec.reclaim() == null) {
      return;
    }
    long before;
    long out = out();
    do {
      hooks.ask();
      before = out;
      out = out();
    } while (out < before && !context.reclaimer().reclaimsOnce()
        && locked(() -> lists.slabTotal > 0 && lists.empty == 0));
  }

  /** What the callers hold: an object that went into a magazine is progress. */
  private long out() {
    long held = magazines.held();
    return locked(() -> lists.objAlloc - held + emergencies.tree.size());
  }

  /** {@code spl_cache_age}: takes from idle magazines, returns unneeded slabs; leaves a cache alone that is busy. */
  @Override
  public void age() {
    if (lock.isLocked()) {
      return;
    }
    growth.hold();
    try {
      synchronized (this) { // figures are exact beside it
        magazines.age(this::putIdle, IDLE_LOOKS);
      }
      long _ = reclaim(Math.min(context.decayNanos(), agePeriodNanos() / 2));
    } finally {
      growth.drop();
    }
  }

  /** Slabs that ageing empties have not been needed for long: they go with this pass. */
  private void putIdle(long[] objects, int n) {
    try (Locked _ = lock()) {
      long before = lists.empty;
      exchange.putAll(objects, n);
      lists.emptyMin += lists.empty - before;
    }
  }

  @Override
  public long agePeriodNanos() {
    return context.reclaimer().agePeriodNanos();
  }

  /** {@code spl_slab_reclaim}: unlinks the empty slabs that decay lets go under the lock, returns pages outside. */
  private long reclaim(long decayNanos) {
    Slab chain;
    try (Locked _ = lock()) {
      chain = lists.detachUnneeded(context.clock().nanoTime(), decayNanos, growth.owed == 0 ? 0 : 1);
      if (chain == null) {
        return 0;
      }
      growth.hold();
    }
    try {
      return pages.release(chain);
    } finally {
      growth.drop();
    }
  }

  @Override
  public LeakReport close(boolean insist, Failures thrown) {
    try (Locked _ = lock()) {
      checkOpen("close");
      growth.beginDestroy();
    }
    thrown.run(() -> magazines.close(exchange::putAll));
    Slab chain;
    LeakReport leak;
    long[] runs = {};
    try (Locked _ = lock()) {
      growth.awaitHolders(); // frees that returned slabs meanwhile
      chain = lists.detachEmpty(); // in one breath with the count: a free may have emptied a slab just now
      leak = new LeakReport(name(), lists.objAlloc, lists.slabTotal, emergencies.tree.size(), "");
      if (insist || leak.isEmpty()) {
        closed = true;
        chain = lists.detachAll(chain);
        runs = emergencies.tree.keySet().stream().mapToLong(Long::longValue).toArray();
        emergencies.tree.clear();
      }
    }
    Arrays.stream(runs).forEach(emergencies::release);
    Slab gone = chain;
    thrown.run(() -> pages.release(gone));
    if (!closed) {
      magazines.open();
      boolean _ = locked(() -> growth.states.remove(CacheState.DESTROY)); // last: until now nobody else can close
    }
    return leak;
  }

  KmemException corruption(String what, long address, String why) {
    return new KmemException.Corruption(what + ": cache = " + name() + ", address = " + hex(address) + ": " + why);
  }

  /** Throws when the cache is closed or being closed; lock held. */
  void checkOpen(String what) {
    if (growth.closing()) {
      throw new KmemException.Usage(what + ": cache = " + name() + ": the cache is closed"
          + (closed ? "" : ", or being closed by another thread"));
    }
  }

  @Override
  public void checkNotClosed(String what) {
    if (closed) {
      throw new KmemException.Usage(what + ": cache = " + name() + ": the cache is closed");
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public boolean isInHook() {
    return growth.isHolder();
  }

  /** Waits until a slab has a free object, or progress moves away from what was seen, or time is up. */
  private void awaitMemory(long nanos, long seen, LongSupplier progress) {
    try (Locked _ = lock()) {
      int _ = sleepers.incrementAndGet();
      try {
        boolean _ = context.clock().await(lock, memory, () -> !lists.partial.isEmpty()
            || progress.getAsLong() != seen || growth.closing(), nanos);
      } finally {
        int _ = sleepers.decrementAndGet();
      }
    }
  }

  private long returned() {
    return locked(() -> lists.returned);
  }

  /** The list lock taken: {@code try (Locked _ = cache.lock())}. */
  interface Locked extends AutoCloseable {
    @Override
    void close();
  }

  Locked lock() {
    lock.lock();
    return unlock;
  }

  /** For the slow paths: evaluates under the list lock. */
  <T> T locked(Supplier<T> body) {
    try (Locked _ = lock()) {
      return body.get();
    }
  }

  void signalMemory() {
    try (Locked _ = lock()) {
      memory.signalAll();
    }
  }

  @Override
  public synchronized CacheStats stats() {
    long held = magazines.held();
    return locked(() -> {
      EnumSet<CacheState> states = EnumSet.copyOf(growth.states);
      long emergency = emergencies.tree.size();
      return new CacheStats(name(), geometry.type(), spec.flags(), states, geometry.objectSize(), geometry.stride(),
          geometry.slabBytes(), pages.mappedBytes(), geometry.objects(), magazines.capacity(),
          lists.stats(growth.failures),
          new CacheStats.Objects(lists.slabTotal * geometry.objects() + emergency, lists.objAlloc, lists.objMax,
              lists.objAlloc - held + emergency, held, magazines.allocs() + directAllocs,
              magazines.frees() + directFrees),
          new CacheStats.Emergency(growth.deadlocks, emergency, emergencies.max));
    });
  }

  @Override
  public synchronized void verify() {
    long[] held = magazines.contents();
    boolean _ = locked(() -> closed || new SplVerifier(this).verify(held));
  }
}
