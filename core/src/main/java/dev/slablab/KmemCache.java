package dev.slablab;

import module java.base;
import dev.slablab.linux.LinuxCache;
import dev.slablab.page.*;
import dev.slablab.percpu.*;
import dev.slablab.slab.*;
import dev.slablab.spec.*;
import dev.slablab.spl.*;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A cache of off-heap objects of one size ({@code spl_kmem_cache_t}). Thread-safe.
 *
 * <p>Addresses are the fast path. An object's content is undefined when it is handed out. Touching an object after it
 * was freed, or beyond its end, is found by a debug level only, and may crash the JVM; a segment adds checked bounds,
 * and fails after the {@link Kmem} was closed (pages from a range), or its object freed (if {@code guard_sample} chose
 * it).
 */
public final class KmemCache implements AutoCloseable {
  private final Kmem kmem;
  private final CacheSpec spec;
  final Magazines magazines;
  /** The magazines' slots, and their number less one. */
  private final Lease[] slots;
  private final int mask;
  final SlabLayer slabs;
  /** The same, or what stands around it to be debugged. */
  final ObjectLayer objects;
  private final PageSource source;
  private final long base;
  private final long span;
  /** All slabs, if the source has ranges. */
  private final MemorySegment range;
  /** The slabs' range for objects that need nothing but a push: 0 with a destructor, so that one test serves both. */
  private final long plainSpan;
  /** The slabs' range for segments: 0 if some are guarded. */
  private final long segmentSpan;
  final @Nullable Guards guards;
  private final long size;
  /** Null unless they run at every allocation and free. */
  private final @Nullable ObjectConstructor constructor;
  private final @Nullable ObjectDestructor destructor;
  /** Whether blocks of general allocation come from here: then it is closed with its instance only. */
  final boolean general;
  /** When the last pass of ageing began; its own. */
  long aged;

  /** The magazines are the slab layer's; with debugging the fast path has another one, which stays empty. */
  KmemCache(Kmem kmem, CacheSpec spec, @Nullable Audit audit, Magazines own, SlabContext context, boolean general,
      Function<KmemCache, SlabLayer> layer) {
    this.kmem = kmem;
    this.general = general;
    this.spec = spec;
    this.magazines = audit == null ? own
        : new Magazines(1, 1, 1, 0, MagazinePlacement.HASHED, context.clock()::nanoTime);
    this.slots = magazines.slots();
    this.mask = slots.length - 1;
    this.slabs = layer.apply(this);
    this.objects = audit == null ? slabs : new DebugLayer(audit, slabs, own, context.map());
    this.aged = context.clock().nanoTime();
    this.source = context.source();
    this.base = source.base(Area.OBJECTS);
    this.span = audit != null || slabs.seesEveryFree() ? 0 : source.span(Area.OBJECTS);
    this.range = span == 0 ? MemorySegment.NULL : source.segment(base, span);
    this.size = spec.size();
    boolean perAllocation = spec.constructorPlacement() == ConstructorPlacement.PER_ALLOCATION;
    this.constructor = slabs.atAllocation(perAllocation ? spec.constructor() : null);
    this.destructor = perAllocation ? spec.destructor() : null;
    this.plainSpan = destructor == null ? span : 0;
    long sample = kmem.tunables().get(Tunable.GUARD_SAMPLE);
    this.guards = sample == 0 ? null : new Guards(spec.name(), sample, new ConcurrentHashMap<>());
    this.segmentSpan = guards == null ? span : 0;
  }

  /** {@return the address of an object; waits for memory if it must: {@link #alloc(AllocMode)} with SLEEP} */
  public long alloc() {
    return alloc(AllocMode.SLEEP);
  }

  /**
   * Allocates an object ({@code spl_kmem_cache_alloc}).
   *
   * @param mode how far to go
   * @return its address, aligned as specified; 0 when there is no memory, with NOSLEEP and NORETRY only
   * @throws KmemException.NoMemory after {@code alloc_timeout} without progress; not with NOSLEEP
   * @throws KmemException.Usage when the cache is closed
   */
  public long alloc(AllocMode mode) {
    if (constructor == null) {
      long object = Lease.pop(slots, mask);
      if (object != 0) {
        return object;
      }
    }
    return allocSlow(mode);
  }

  private long allocSlow(AllocMode mode) {
    if (mode == null) { // callers outside null-checked code do pass null
      throw KmemException.Usage.of("mode", "null", "must be SLEEP, NOSLEEP, PUSHPAGE or NORETRY (" + spec.name() + ")");
    }
    long object = constructor == null ? magazines.popBeyondHome() : magazines.pop();
    if (object == 0) {
      object = objects.allocate(mode);
    }
    if (constructor != null && object != 0) {
      construct(constructor, object, mode);
    }
    return object;
  }

  private void construct(ObjectConstructor hook, long object, AllocMode mode) {
    try {
      hook.construct(object, spec.priv(), mode);
    } catch (Throwable e) {
      Failures others = new Failures();
      others.run(() -> objects.undo(object, e));
      Optional.ofNullable(others.first()).ifPresent(e::addSuppressed);
      throw e;
    }
  }

  /**
   * Allocates several objects ({@code kmem_cache_alloc_bulk}).
   *
   * @param to receives the addresses
   * @param from the first index to fill
   * @param n how many, within {@code to}
   * @param mode how far to go
   * @return n; with {@link AllocMode#NOSLEEP} perhaps fewer, those that there was memory for
   * @throws KmemException as {@link #alloc(AllocMode)}; what had been allocated is freed again
   */
  public int alloc(long[] to, int from, int n, AllocMode mode) {
    Objects.checkFromIndexSize(from, n, to.length);
    int got = 0;
    try {
      while (got < n) {
        int some = constructor == null ? magazines.pop(to, from + got, n - got) : 0;
        if (some == 0) {
          to[from + got] = alloc(mode);
          if (to[from + got] == 0) {
            return got;
          }
        }
        got += Math.max(some, 1);
      }
      return n;
    } catch (Throwable e) {
      free(to, from, got);
      throw e;
    }
  }

  /**
   * Frees several objects ({@code kmem_cache_free_bulk}).
   *
   * @param objects the addresses
   * @param from the first index to take
   * @param n how many, within {@code objects}
   * @throws KmemException as {@link #free(long)}, for the first that was wrong; the others are freed
   */
  public void free(long[] objects, int from, int n) {
    Objects.checkFromIndexSize(from, n, objects.length);
    Failures wrong = new Failures();
    int at = from;
    int plain = from;
    while (at < from + n) {
      plain = at < plain ? plain : plainRun(objects, at, from + n);
      int some = plain == at ? 0 : magazines.push(objects, at, plain - at);
      if (some == 0) {
        long object = objects[at];
        wrong.run(() -> free(object));
      }
      at += Math.max(some, 1);
    }
    wrong.rethrow();
  }

  /** The end of the run of addresses from an index on that need nothing but a push. */
  private int plainRun(long[] objects, int from, int to) {
    int i = from;
    while (i < to && Long.compareUnsigned(objects[i] - base, plainSpan) < 0) {
      i++;
    }
    return i;
  }

  /**
   * Allocates an object that reads as zero.
   *
   * @param mode how far to go
   * @return as {@link #alloc(AllocMode)}
   * @throws KmemException.Usage when the cache has a constructor, whose work zeroing would undo, or is closed
   * @throws KmemException.NoMemory as {@link #alloc(AllocMode)}
   */
  public long allocZeroed(AllocMode mode) {
    if (spec.constructor() != null) {
      throw new KmemException.Usage("allocZeroed: cache = " + spec.name()
          + ": a cache with a constructor has no zeroed objects; use alloc");
    }
    long object = alloc(mode);
    if (object != 0) {
      Memory.fill(object, size, (byte) 0);
    }
    return object;
  }

  /**
   * Frees an object ({@code spl_kmem_cache_free}). Never waits for growth, reap or memory.
   *
   * @param object an address from this cache's alloc, not freed since
   * @throws KmemException.Corruption when an address turns out not to be an object in use of this cache: at once for
   *     addresses outside the slabs' range or with a debug level, else when the address reaches its slab, perhaps later
   * @throws KmemException.Usage when the cache is closed
   */
  public void free(long object) {
    if (Long.compareUnsigned(object - base, plainSpan) >= 0 || !Lease.push(slots, mask, object)) {
      freeSlow(object);
    }
  }

  /** Frees what may be an emergency object, has a destructor, or finds no room in a lease. */
  private void freeSlow(long object) {
    if (Long.compareUnsigned(object - base, span) >= 0 && objects.freeOutside(object)) {
      return;
    }
    if (destructor != null) {
      freeWith(destructor, object);
    } else if (!magazines.pushBeyondHome(object)) {
      slabs.free(object);
    }
  }

  /** The object goes back whatever the destructor throws. */
  private void freeWith(ObjectDestructor hook, long object) {
    slabs.checkNotClosed("free");
    try {
      hook.destruct(object, spec.priv());
    } finally {
      if (!magazines.push(object)) {
        slabs.free(object);
      }
    }
  }

  /**
   * Runs what looks at objects of this cache that others may free meanwhile ({@code rcu_read_lock}): with {@link
   * CacheFlag#DESTROY_BY_RCU} what was such an object as it began stays one until it ends, though perhaps a free one or
   * another's. It delays nobody but who closes the cache, which it must not do itself.
   *
   * @param body what to run
   */
  public void read(Runnable body) {
    slabs.read(body);
  }

  /** {@return an object as a segment of its size; bounds are checked, lifetime where {@code guard_sample} chose it} */
  public MemorySegment allocSegment() {
    return segment(alloc());
  }

  /**
   * {@return as {@link #allocSegment()}; {@link MemorySegment#NULL} when that gives 0}
   *
   * @param mode how far to go
   * @throws KmemException as {@link #alloc(AllocMode)}
   */
  public MemorySegment allocSegment(AllocMode mode) {
    long object = alloc(mode);
    return object == 0 ? MemorySegment.NULL : segment(object);
  }

  private MemorySegment segment(long object) {
    long at = object - base;
    return Long.compareUnsigned(at, segmentSpan) < 0 ? range.asSlice(at, size)
        : guards == null ? source.segment(object, size) : guards.segment(source, object, size);
  }

  /**
   * Frees an object that was allocated as a segment.
   *
   * @param object the segment {@link #allocSegment} gave, or any that begins where it does
   * @throws KmemException as {@link #free(long)}, and at once for a guarded segment that was freed before
   * @throws IllegalStateException while a system call has a guarded segment; it is not freed then
   */
  public void free(MemorySegment object) {
    if (guards != null && object.scope() != range.scope() && !slabs.isClosed()) {
      guards.release(object);
    }
    free(object.address());
  }

  /**
   * Asks the reclaim callback for objects, empties every magazine and returns every empty slab, but one that an
   * allocation was just given ({@code spl_kmem_cache_reap_now}). One reaper at a time; a second returns at once.
   *
   * @return bytes that went back to the operating system
   * @throws KmemException.Usage when the cache is closed
   */
  public long reap() {
    slabs.checkNotClosed("reap");
    return objects.reap();
  }

  @Nullable LinuxCache linux() {
    return slabs instanceof LinuxCache linux ? linux : null;
  }

  /** {@return what this cache was asked to be, with the flags that {@code slab_debug} added} */
  public CacheSpec spec() {
    return spec;
  }

  /** {@return the statistics, exact when no operation is under way} */
  public CacheStats stats() {
    return objects.stats();
  }

  /**
   * Walks every structure and checks the invariants; call it when no operation is under way.
   *
   * @throws KmemException.Corruption naming the first violation
   */
  public void verify() {
    objects.verify();
  }

  /**
   * Closes the cache ({@code spl_kmem_cache_destroy}). With objects still in use it stays open and its memory mapped.
   *
   * @throws KmemException.Leak when objects are in use, with the counts
   * @throws KmemException.Usage when the cache is closed already, or general allocation uses it
   */
  @Override
  public void close() {
    Failures thrown = new Failures();
    LeakReport leak = closeAlone(false, thrown);
    if (!leak.isEmpty()) {
      throw Caches.leak("close: the cache stays open (free its objects, or call closeLeaking()): " + leak, thrown);
    }
    thrown.rethrow();
  }

  /**
   * Closes the cache and releases the memory of objects still in use, which must not be touched any more; their
   * destructors do not run.
   *
   * @return what leaked
   * @throws KmemException.Usage as {@link #close}
   * @throws IllegalStateException while a system call has a guarded segment; the cache stays open then
   */
  public LeakReport closeLeaking() {
    Failures thrown = new Failures();
    LeakReport leak = closeAlone(true, thrown);
    thrown.rethrow();
    return leak;
  }

  private LeakReport closeAlone(boolean insist, Failures thrown) {
    if (general) {
      throw new KmemException.Usage("close: cache = " + spec.name() + ": general allocation uses it; close its Kmem");
    }
    return closeSlabs(insist, thrown);
  }

  /** Closes; what destructors threw, and wrong addresses found on the way, are collected. */
  LeakReport closeSlabs(boolean insist, Failures thrown) {
    Optional<Guards> all = Optional.ofNullable(guards);
    all.filter(_ -> insist).ifPresent(Guards::close); // first: their memory goes
    LeakReport leak = objects.close(insist, thrown);
    if (slabs.isClosed()) {
      kmem.unregister(this);
      thrown.run(() -> all.ifPresent(Guards::close));
    }
    return leak;
  }
}
