package dev.slablab.spl;

import static dev.slablab.spl.SlabLayout.hex;

import dev.slablab.page.PageOwner;
import dev.slablab.percpu.Drain;
import dev.slablab.percpu.Magazines;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemException;
import java.util.EnumSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What lies below the magazines of one SPL cache ({@code spl_kmem_cache_t}). Thread-safe.
 *
 * <p>The methods here are the slow path: the caller has tried its magazine already.
 */
public final class SplCache {
  final SplGeometry geometry;
  final SlabLayout layout;
  final SplHooks hooks;
  /** The list lock; guards {@link #lists}, {@link #growth}, {@link #emergencies} and the fields below. */
  final ReentrantLock lock = new ReentrantLock();
  /** Signalled when a slab or an object may have become free, if somebody waits for it. */
  final Condition memory = lock.newCondition();
  final SlabLists lists;
  final Growth growth;
  final Emergencies emergencies;
  long directAllocs;
  long directFrees;
  private int memoryWaiters;
  private boolean closed;

  private final CacheSpec spec;
  private final SplContext context;
  private final Magazines magazines;
  final SlabPages pages;
  private final Exchange exchange;

  /**
   * Makes a cache without a slab ({@code spl_kmem_cache_create}).
   *
   * @param spec what it shall be
   * @param geometry its numbers
   * @param magazines its magazines
   * @param context what it shares with its siblings
   */
  public SplCache(CacheSpec spec, SplGeometry geometry, Magazines magazines, SplContext context) {
    this.spec = spec;
    this.geometry = geometry;
    this.magazines = magazines;
    this.context = context;
    this.layout = SlabLayout.of(geometry);
    this.hooks = new SplHooks(spec);
    this.lists = new SlabLists(geometry, layout, context.map());
    this.growth = new Growth(this, context);
    this.emergencies = new Emergencies(this, context);
    this.pages = new SlabPages(this, context);
    this.exchange = new Exchange(this, magazines);
  }

  String name() {
    return spec.name();
  }

  /**
   * Allocates when the magazine gave nothing ({@code spl_kmem_cache_alloc}, {@code spl_cache_refill}).
   *
   * @param mode how far to go
   * @return the address; 0 for NOSLEEP without memory
   * @throws KmemException.NoMemory after {@code alloc_timeout} without progress
   * @throws KmemException.Usage when the cache is closed
   */
  public long allocate(AllocMode mode) {
    Shortage shortage = null;
    boolean drained = false;
    for (;;) {
      long object = exchange.refill();
      if (object != 0) {
        return object;
      }
      object = growth.grow(mode);
      if (object > 0) {
        return object;
      }
      if (object == Growth.NO_MEMORY) {
        if (mode.mayWait()) {
          shortage = shortage == null ? new Shortage(this, context) : shortage;
          shortage.waitOrThrow();
        } else if (drained) {
          return 0;
        } else {
          drained = true; // free objects in other CPUs' magazines: never fail while there are some
          magazines.drain(exchange::putAll, Drain.NO_WAIT);
          continue;
        }
      }
      object = magazines.pop();
      if (object != 0) {
        return object;
      }
    }
  }

  /**
   * Frees when the magazine took nothing: flushes it if it is full, and then returns empty slabs.
   *
   * @param object the address
   * @throws KmemException.Corruption when an address that reaches its slab here is no object in use
   * @throws KmemException.Usage when the cache is closed
   */
  public void free(long object) {
    checkNotClosed("free");
    if (exchange.flush(object)) {
      long _ = reclaimEmpty();
    }
  }

  /**
   * Frees an object outside the source's object range ({@code spl_emergency_free}).
   *
   * @param object the address
   * @return true when it was an emergency object; false when it is an ordinary one after all (a source without ranges)
   * @throws KmemException.Corruption when it is no object of this cache
   */
  public boolean freeOutside(long object) {
    PageOwner owner = context.map().get(object);
    if (owner instanceof Slab slab && slab.cache == this) {
      return false;
    }
    checkNotClosed("free");
    if (!emergencies.remove(object)) {
      throw new KmemException.Corruption("free: cache = " + name() + ", address = " + hex(object) + ": "
          + SlabLists.foreign(owner));
    }
    Failures thrown = new Failures();
    hooks.destruct(object, thrown);
    emergencies.release(object);
    thrown.rethrow();
    return true;
  }

  /**
   * Takes back an object whose constructor threw; no destructor runs.
   *
   * @param object as {@link #allocate} gave it
   */
  public void undo(long object) {
    if (context.map().get(object) instanceof EmergencyRun) {
      if (emergencies.remove(object)) {
        emergencies.release(object);
      }
    } else if (!magazines.push(object)) {
      free(object);
    }
  }

  /**
   * Empties every magazine and returns every empty slab ({@code spl_kmem_cache_reap_now}).
   *
   * @return bytes that went back to the page source; 0 at once when somebody is reaping, or the cache is closed
   */
  public long reap() {
    if (!growth.beginReap()) {
      return 0;
    }
    Failures thrown = new Failures();
    long bytes = 0;
    try {
      thrown.run(() -> magazines.drain(exchange::putAll, Drain.SKIP_BUSY));
      bytes = reclaimEmpty();
    } catch (RuntimeException | Error e) {
      thrown.add(e);
    } finally {
      growth.endReap();
    }
    thrown.rethrow();
    return bytes;
  }

  /** {@code spl_slab_reclaim}: unlinks under the lock, returns pages outside it. */
  private long reclaimEmpty() {
    Slab chain;
    lock.lock();
    try {
      chain = lists.detachEmpty();
    } finally {
      lock.unlock();
    }
    return pages.release(chain);
  }

  /**
   * Closes the cache ({@code spl_kmem_cache_destroy}); frees that are under way go straight to their slabs meanwhile.
   *
   * @param insist whether to release the memory of objects still in use; their destructors do not run
   * @param thrown collects what destructors threw and what wrong addresses were found; the cache closes all the same
   * @return what leaked; with {@code insist} it is gone, else the cache is open again unless it is empty
   * @throws KmemException.Usage when the cache is closed, or being closed
   */
  public LeakReport close(boolean insist, Failures thrown) {
    lock.lock();
    try {
      checkOpen("close");
      growth.beginDestroy();
    } finally {
      lock.unlock();
    }
    thrown.run(() -> magazines.close(exchange::putAll));
    thrown.run(this::reclaimEmpty);
    Slab chain = null;
    LeakReport leak;
    long[] runs = {};
    lock.lock();
    try {
      leak = new LeakReport(name(), lists.objAlloc, lists.slabTotal, emergencies.tree.size());
      if (insist || leak.isEmpty()) {
        closed = true;
        chain = lists.detachAll();
        runs = emergencies.tree.keySet().stream().mapToLong(Long::longValue).toArray();
        emergencies.tree.clear();
      } else {
        growth.states.remove(CacheState.DESTROY);
      }
    } finally {
      lock.unlock();
    }
    if (!insist && !leak.isEmpty()) {
      magazines.open(); // operations take the slow path until then
    }
    for (long run : runs) {
      emergencies.release(run);
    }
    Slab rest = chain;
    thrown.run(() -> pages.release(rest));
    return leak;
  }

  /** Throws when the cache is closed or being closed; lock held. */
  void checkOpen(String what) {
    if (growth.states.contains(CacheState.DESTROY)) {
      throw new KmemException.Usage(what + ": cache = " + name() + ": the cache is closed"
          + (closed ? "" : ", or being closed by another thread"));
    }
  }

  /**
   * Throws when the cache is closed for good; frees go on while it is only being closed.
   *
   * @param what the operation, for the message
   * @throws KmemException.Usage when it is closed
   */
  public void checkNotClosed(String what) {
    lock.lock();
    try {
      if (closed) {
        checkOpen(what);
      }
    } finally {
      lock.unlock();
    }
  }

  /** {@return whether the cache is closed for good} */
  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until a slab has a free object, or progress moves away from what was seen, or time is up. */
  void awaitMemory(long nanos, long seen, LongSupplier progress) {
    lock.lock();
    memoryWaiters++;
    try {
      boolean _ = context.clock().await(lock, memory, () -> !lists.partial.isEmpty()
          || progress.getAsLong() != seen || growth.states.contains(CacheState.DESTROY), nanos);
    } finally {
      memoryWaiters--;
      lock.unlock();
    }
  }

  /** Wakes those in shortage; lock held. */
  void signalMemory() {
    if (memoryWaiters > 0) {
      memory.signalAll();
    }
  }

  long returned() {
    lock.lock();
    try {
      return lists.returned;
    } finally {
      lock.unlock();
    }
  }

  /** Allocations minus frees; lock held. */
  long balance() {
    return magazines.allocs() + directAllocs - magazines.frees() - directFrees;
  }

  /** {@return a snapshot, exact when no operation is under way} */
  public CacheStats stats() {
    long held = magazines.held();
    lock.lock();
    try {
      EnumSet<CacheState> states = EnumSet.copyOf(growth.states);
      long emergency = emergencies.tree.size();
      return new CacheStats(name(), CacheType.KVMEM, spec.flags(), states, geometry.objectSize(), geometry.stride(),
          geometry.slabBytes(), pages.mappedBytes, geometry.objects(), magazines.capacity(),
          lists.stats(growth.failures),
          new CacheStats.Objects(lists.slabTotal * geometry.objects() + emergency, lists.objAlloc, lists.objMax(),
              lists.objAlloc - held + emergency, held, magazines.allocs() + directAllocs,
              magazines.frees() + directFrees),
          new CacheStats.Emergency(growth.deadlocks, emergency, emergencies.max));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Walks every structure and checks the invariants of the package text. Call at a quiet point.
   *
   * @throws KmemException.Corruption naming the first violation
   */
  public void verify() {
    long[] held = magazines.contents();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      new SplVerifier(this, context).verify(held);
    } finally {
      lock.unlock();
    }
  }
}
