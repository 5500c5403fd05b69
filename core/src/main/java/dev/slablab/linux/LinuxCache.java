package dev.slablab.linux;

import static dev.slablab.page.Memory.hex;

import module java.base;
import dev.slablab.percpu.*;
import dev.slablab.slab.*;
import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/**
 * What lies below the CPU arrays of one Linux cache ({@code struct kmem_cache}). Thread-safe.
 * <p>The methods here are the slow path: the caller has tried its array already.
 */
public final class LinuxCache implements SlabLayer {
  /** From one pass of {@code cache_reap} to the next; list reap, every second pass. */
  private static final long REAP_NANOS = 2_000_000_000L;
  /** How often a NOSLEEP allocation looks for free objects in all arrays before it fails for want of pages. */
  private static final int MAX_DRAINS = 16;

  /** As created; sizes of arrays may differ since: {@link #tuned}. */
  public final LinuxGeometry shape;
  volatile LinuxGeometry tuned;
  /** The public layer's cache, for its free by address. */
  final @Nullable Object handle;
  final SlabContext context;
  final Topology topology;
  final Magazines magazines;
  final Gate gate;
  final Readers readers = new Readers();
  final Node[] nodes;
  final SlabPages pages;
  final Exchange exchange;
  /** Null unless the cache is to be debugged. */
  final @Nullable SlabDebug debug;
  private final CacheSpec spec;
  private final SlabHooks hooks;
  /** Serialises retuning. */
  private final Guard tuning = new Guard();
  private final AtomicLong passes = new AtomicLong();
  private final AtomicBoolean reaping = new AtomicBoolean();
  /** Held while a pass has objects in hand, so that figures are exact beside it; never while a hook runs. */
  final Object figures = new Object();
  /** Allocations that an array did not serve. */
  private final LongAdder misses = new LongAdder();

  /** Makes a cache without a slab ({@code kmem_cache_create}). */
  public LinuxCache(CacheSpec spec, LinuxGeometry shape, Magazines magazines, SlabContext context, Topology topology,
      Descriptors descriptors, @Nullable Object handle) {
    this.spec = spec;
    this.shape = shape;
    this.tuned = shape;
    this.magazines = magazines;
    this.context = context;
    this.topology = topology;
    this.handle = handle;
    this.hooks = new SlabHooks(spec);
    this.gate = new Gate(spec.name(), context.clock());
    this.debug = Collections.disjoint(shape.flags(), LinuxGeometry.DEBUG) ? null
        : new SlabDebug(spec.name(), shape, gate::checkNotClosed);
    this.pages = new SlabPages(this, hooks, descriptors);
    this.nodes = new Node[topology.nodes()];
    Arrays.setAll(nodes, id -> new Node(this, id, nodes.length));
    this.exchange = new Exchange(this);
  }

  public String name() {
    return spec.name();
  }

  /** The calling thread's node. */
  Node here() {
    return nodes[nodes.length == 1 ? 0 : topology.node()];
  }

  /** Allocates when the CPU array gave nothing ({@code ____cache_alloc}, {@code fallback_alloc}). */
  @Override
  public long allocate(AllocMode mode) {
    hooks.checkMayWait(mode);
    long object = allocateSlow(mode);
    misses.add(object == 0 ? 0 : 1);
    return object;
  }

  private long allocateSlow(AllocMode mode) {
    Node node = here();
    Shortage shortage = null;
    int drains = 0;
    for (;;) {
      long object = exchange.refill(node);
      if (object != 0) {
        return object;
      }
      boolean grown = pages.grow(node, mode);
      object = magazines.pop();
      object = object == 0 && !grown ? takeAnywhere() : object;
      if (object != 0) {
        return object;
      } else if (!grown && mode.mayRetry()) {
        shortage = shortage != null ? shortage : new Shortage(context, "cache = " + name() + ", size = " + spec.size(),
            pages.mappedBytes, exchange.returned::sum,
            (nanos, seen, progress) -> exchange.awaitMemory(node, nanos, seen, progress));
        shortage.waitOrThrow();
      } else if (!grown && context.reclaimer().relieve() == 0) {
        if (drains++ > 0 && (drains > MAX_DRAINS || exchange.held() == 0)) {
          return 0;
        }
        long _ = exchange.shrink(Drain.NO_WAIT, _ -> 0); // others may be quicker to take what was there
      }
    }
  }

  /** Allocates from a given node ({@code kmem_cache_alloc_node}), or, if it cannot grow, from anywhere. */
  long allocateOn(int id, AllocMode mode) {
    if (nodes[id] == here()) {
      long object = magazines.pop();
      return object != 0 ? object : allocate(mode);
    }
    long object;
    do {
      object = exchange.takeOne(nodes[id]);
    } while (object == 0 && pages.grow(nodes[id], mode));
    object = object != 0 ? object : takeAnywhere();
    if (object == 0) {
      return allocate(mode);
    }
    misses.increment();
    return object;
  }

  private long takeAnywhere() {
    return Arrays.stream(nodes).mapToLong(exchange::takeOne).filter(object -> object != 0).findFirst().orElse(0);
  }

  KmemException corruption(String what, long address, String why) {
    return new KmemException.Corruption(what + ": cache = " + name() + ", address = " + hex(address) + ": " + why);
  }

  @Override
  public void free(long object) {
    gate.checkNotClosed("free");
    exchange.flush(object);
  }

  @Override
  public boolean seesEveryFree() {
    return nodes.length > 1 || debug != null;
  }

  /** Frees what may be another node's or must be looked at; false when a push will do. */
  @Override
  public boolean freeOutside(long object) {
    LinuxSlab slab = exchange.slab(object);
    Node node = here();
    if (slab.node == node && debug == null) {
      return false;
    }
    gate.checkNotClosed("free");
    Failures thrown = new Failures();
    if (!hooks.perSlab()) {
      if (debug != null) { // no hook gets what is no object in use
        debug.checkFree(slab.base, slab.colour, object);
      }
      hooks.destruct(object, thrown);
    }
    thrown.run(() -> freeChecked(slab, node, object));
    thrown.rethrow();
    return true;
  }

  private void freeChecked(LinuxSlab slab, Node node, long object) {
    if (debug != null) {
      debug.freed(slab.base, slab.colour, object, debug.caller());
    }
    if (slab.node != node) {
      exchange.freeRemote(node, slab.node, object);
    } else if (!magazines.push(object)) {
      free(object);
    }
  }

  @Override
  public @Nullable ObjectConstructor atAllocation(@Nullable ObjectConstructor own) {
    SlabDebug checks = debug;
    return checks == null ? own : (object, priv, mode) -> {
      LinuxSlab slab = exchange.slab(object); // the cache may have been closed
      checks.allocated(slab.base, slab.colour, object, checks.caller());
      if (own != null) {
        own.construct(object, priv, mode);
      }
    };
  }

  /** What debugging found overwritten stays out of circulation: it may be in use. */
  @Override
  public void undo(long object, Throwable cause) {
    LinuxSlab slab = exchange.find(object);
    if (debug != null && slab != null && !(cause instanceof KmemException.Corruption)) {
      freeChecked(slab, slab.node, object);
    } else if (debug == null && !magazines.push(object)) {
      free(object);
    }
  }

  /** Empties every array and returns every free slab, one reaper at a time; before that each asks the cache's user. */
  @Override
  public long reap() {
    long[] bytes = new long[1];
    Failures thrown = new Failures();
    if (!gate.isClosed()) {
      thrown.run(hooks::ask);
    }
    if (reaping.compareAndSet(false, true)) {
      KmemEvent.Reap event = new KmemEvent.Reap();
      thrown.run(() -> bytes[0] = exchange.shrink(Drain.SKIP_BUSY, _ -> Long.MAX_VALUE));
      reaping.set(false);
      event.tell(name(), bytes[0]);
    }
    thrown.rethrow();
    return bytes[0];
  }

  @Override
  public long relieve() {
    return pages.trim();
  }

  /** One pass over the arrays; over shared arrays and free slabs every second time ({@code cache_reap}). */
  @Override
  public void age() {
    if (!gate.enter()) {
      return;
    }
    Failures thrown = new Failures();
    long pass = passes.incrementAndGet();
    boolean lists = pass % 2 == 0;
    int limit = magazines.capacity();
    LinuxSlab chain;
    synchronized (figures) {
      for (Node node : nodes) {
        thrown.run(() -> exchange.ageAliens(node, pass));
      }
      thrown.run(() -> magazines.age(exchange::freeBlock, 1, avail -> ArrayCache.agedOut(limit, avail)));
      for (Node node : lists ? nodes : new Node[0]) {
        thrown.run(() -> exchange.ageShared(node));
      }
      chain = exchange.detachFree(node -> node.excess() + (lists ? node.agedOut() : 0));
    }
    thrown.run(() -> pages.release(chain));
    gate.leave();
    thrown.rethrow();
  }

  @Override
  public long agePeriodNanos() {
    return REAP_NANOS;
  }

  /** Changes the arrays' sizes while other threads allocate and free ({@code do_tune_cpucache}). */
  public void retune(int limit, int batch, int sharedFactor) {
    LinuxGeometry next = shape.tuned(limit, batch, sharedFactor);
    gate.enter("retune");
    replaceArrays(_ -> next);
  }

  /** After a CPU went or came: a node without CPUs keeps no array, and no free slab ({@code cpuup_callback}). */
  public void cpusChanged() {
    if (gate.enter()) {
      replaceArrays(now -> now);
    }
  }

  /** Whatever is wrong on the way, every step is taken. */
  private void replaceArrays(UnaryOperator<LinuxGeometry> change) {
    Failures wrong = new Failures();
    wrong.run(() -> {
      try (Guard _ = tuning.take()) {
        LinuxGeometry next = change.apply(tuned);
        wrong.run(() -> magazines.retune(next.limit(), next.batch(), exchange::freeBlock));
        tuned = next;
        for (Node node : nodes) {
          long[] old = node.tune(next);
          wrong.run(() -> exchange.freeBlock(old, old.length));
          if (topology.cpus(node.id) == 0) {
            wrong.run(() -> exchange.empty(node, true));
          }
        }
      }
    });
    wrong.run(() -> pages.release(exchange.detachFree(node ->
        topology.cpus(node.id) == 0 ? Long.MAX_VALUE : node.excess())));
    gate.leave();
    wrong.rethrow();
  }

  @Override
  public void read(Runnable body) {
    readers.read(body);
  }

  /** Closes the cache ({@code kmem_cache_destroy}). */
  @Override
  public LeakReport close(boolean insist, Failures thrown) {
    if (readers.areInside()) {
      throw new KmemException.Usage("close: cache = " + name() + ": who reads its objects cannot close it");
    }
    gate.beginClose();
    long _ = pages.trim(0, thrown);
    thrown.run(() -> magazines.close(exchange::freeBlock));
    thrown.run(() -> exchange.drain(Drain.WAIT));
    long objects = 0;
    long slabs = 0;
    for (Node node : nodes) {
      try (Guard _ = node.guard.take()) {
        objects += node.active;
        slabs += node.full.size + node.partial.size;
      }
    }
    LeakReport leak = new LeakReport(name(), objects, slabs, 0, "");
    boolean forGood = insist || leak.isEmpty();
    if (forGood) {
      gate.setClosed();
    }
    for (Node node : nodes) {
      LinuxSlab chain;
      try (Guard _ = node.guard.take()) {
        chain = forGood ? node.detachAll(null) : node.detachFree(Long.MAX_VALUE, null);
      }
      thrown.run(() -> pages.release(chain));
    }
    if (!forGood) {
      magazines.open();
    }
    gate.endClose(forGood);
    thrown.run(this::cpusChanged); // where it is open again: a CPU may have gone or come meanwhile
    return leak;
  }

  @Override
  public void checkNotClosed(String what) {
    gate.checkNotClosed(what);
  }

  @Override
  public boolean isClosed() {
    return gate.isClosed();
  }

  @Override
  public boolean isInHook() {
    return gate.isInside() || readers.areInside();
  }

  @Override
  public CacheStats stats() {
    synchronized (figures) {
      long held = exchange.held();
      Totals all = new Totals(nodes);
      return new CacheStats(name(), CacheType.SLAB, spec.flags(), Set.of(), spec.size(), shape.objectBytes(),
          shape.slabBytes(), pages.mappedBytes, shape.objects(), magazines.capacity(),
          new CacheStats.Slabs(all.slabs, all.usedSlabs, all.usedMax, all.grown, all.destroyed, all.failures),
          new CacheStats.Objects(all.slabs * shape.objects(), all.active, all.activeMax, all.active - held, held,
              magazines.allocs() + exchange.directAllocs.sum(), magazines.frees() + exchange.directFrees.sum()),
          new CacheStats.Emergency(0, 0, 0));
    }
  }

  /** The row of {@code /proc/slabinfo}, exact when no operation is under way. */
  public SlabInfo info() {
    SlabInfo.Count count = new SlabInfo.Count(tuned);
    synchronized (figures) {
      for (Node node : nodes) {
        try (Guard _ = node.guard.take()) {
          node.count(count);
        }
      }
      CacheStats.Objects objects = stats().objects();
      Totals all = new Totals(nodes);
      return count.row(name(), tuned, new SlabInfo.GlobalStat(all.taken, all.activeMax, all.grown, all.reaped,
              all.failures, all.freeMax, exchange.nodeAllocs.sum(), exchange.remoteFrees.sum(),
              exchange.alienOverflows.sum()),
          new SlabInfo.CpuStat(objects.allocated() - misses.sum(), misses.sum(),
              objects.freed() - exchange.flushes.sum() - exchange.remoteFrees.sum(), exchange.flushes.sum()));
    }
  }

  @Override
  public void verify() {
    new LinuxVerifier(this).verify();
  }
}
