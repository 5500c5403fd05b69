package dev.slablab.linux;

import static dev.slablab.page.Memory.hex;

import module java.base;
import dev.slablab.page.PageOwner;
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
  /** Most objects a refill moves into an array that nobody took from since the last reap ({@code BATCHREFILL_LIMIT}). */
  private static final int IDLE_REFILL = 16;
  /** How often a NOSLEEP allocation looks for free objects in all arrays before it fails for want of pages. */
  private static final int MAX_DRAINS = 16;

  /** Where off-slab descriptors come from: the general caches. */
  public interface Descriptors {
    /** Gives an object's address; 0 when there is no memory, with NOSLEEP only. */
    long alloc(long bytes, AllocMode mode);

    void free(long address, long bytes);
  }

  /** As created; sizes of arrays may differ since: {@link #tuned}. */
  final LinuxGeometry shape;
  volatile LinuxGeometry tuned;
  /** The public layer's cache, for its free by address. */
  final @Nullable Object handle;
  final SlabContext context;
  final Topology topology;
  final Magazines magazines;
  final Gate gate;
  final Node[] nodes;
  private final CacheSpec spec;
  private final SlabHooks hooks;
  private final SlabPages pages;
  /** Serialises retuning. */
  private final Guard tuning = new Guard();
  private final AtomicLong passes = new AtomicLong();
  /** Operations no CPU array served; those that had to refill or flush one; objects that came back to their node. */
  final LongAdder directAllocs = new LongAdder();
  final LongAdder directFrees = new LongAdder();
  private final LongAdder refills = new LongAdder();
  private final LongAdder flushes = new LongAdder();
  private final LongAdder returned = new LongAdder();
  private final LongAdder nodeAllocs = new LongAdder();
  private final LongAdder remoteFrees = new LongAdder();
  private final LongAdder alienOverflows = new LongAdder();

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
    this.pages = new SlabPages(this, hooks, descriptors);
    this.nodes = new Node[topology.nodes()];
    Arrays.setAll(nodes, id -> new Node(this, id, nodes.length));
  }

  String name() {
    return spec.name();
  }

  private Node here() {
    return nodes[nodes.length == 1 ? 0 : topology.node()];
  }

  /** Allocates when the CPU array gave nothing ({@code cache_alloc_refill}, {@code fallback_alloc}). */
  @Override
  public long allocate(AllocMode mode) {
    refills.increment();
    Node node = here();
    Shortage shortage = null;
    int drains = 0;
    for (;;) {
      long object = refill(node);
      if (object != 0) {
        return object;
      }
      boolean grown = pages.grow(node, mode);
      object = magazines.pop();
      if (object != 0) {
        return object;
      } else if (grown) {
        continue;
      }
      object = takeAnywhere();
      if (object != 0) {
        return object;
      }
      if (mode.mayWait()) {
        shortage = shortage != null ? shortage : new Shortage(context, "cache = " + name() + ", size = " + spec.size(),
            pages.mappedBytes, returned::sum, gate::awaitMemory);
        shortage.waitOrThrow();
      } else if (context.reclaimer().relieve() == 0) {
        if (drains++ > 0 && (drains > MAX_DRAINS || held() == 0)) {
          return 0;
        }
        drain(Drain.NO_WAIT); // others may be quicker to take what was there
      }
    }
  }

  /** Fills this thread's array from a node and takes one object; 0 when the node has none. */
  private long refill(Node node) {
    long[] buffer = magazines.takeBuffer();
    try {
      for (;;) {
        int batch = Math.min(magazines.batch(), buffer.length); // it may just be retuned
        int want = magazines.isTouched() ? batch : Math.min(batch, IDLE_REFILL);
        int n;
        try (Guard _ = node.guard.take()) {
          gate.checkOpen("alloc");
          n = node.refill(buffer, want);
        }
        if (n == 0) {
          return 0;
        }
        int stored = magazines.store(buffer, n);
        if (stored < n) { // another thread filled it meanwhile, or it is busy
          directAllocs.increment();
          freeBlock(buffer, stored, n - 1);
          return buffer[n - 1];
        }
        long object = magazines.pop(); // which makes the array a touched one
        if (object != 0) {
          return object;
        }
      }
    } finally {
      magazines.giveBuffer(buffer);
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
      object = takeOne(nodes[id]);
    } while (object == 0 && pages.grow(nodes[id], mode));
    object = object != 0 ? object : takeAnywhere();
    return object != 0 ? object : allocate(mode);
  }

  private long takeAnywhere() {
    for (Node node : nodes) {
      long object = takeOne(node);
      if (object != 0) {
        return object;
      }
    }
    return 0;
  }

  /** {@code ____cache_alloc_node}. */
  private long takeOne(Node node) {
    long[] one = new long[1];
    try (Guard _ = node.guard.take()) {
      gate.checkOpen("alloc");
      int n = node.take(one, 1);
      directAllocs.add(n);
      nodeAllocs.add(n);
    }
    return one[0];
  }

  /** Frees when the array took nothing: flushes it if it is full ({@code cache_flusharray}). */
  @Override
  public void free(long object) {
    gate.checkNotClosed("free");
    flushes.increment();
    long[] buffer = magazines.takeBuffer();
    int n = magazines.takeOldest(buffer, flushed());
    Failures wrong = new Failures();
    if (!magazines.push(object)) {
      directFrees.increment();
      wrong.run(() -> freeBlock(new long[] {object}, 0, 1));
    }
    for (int i = 0; i < n;) {
      int from = i;
      int to = endOfRun(buffer, from, n);
      wrong.run(() -> give(nodeOf(buffer[from]), buffer, from, to));
      i = to;
    }
    magazines.giveBuffer(buffer);
    wrong.rethrow();
  }

  /** What leaves a full array: a batch, but no more than the shared array takes if it takes any. */
  private int flushed() {
    Node node = here();
    try (Guard _ = node.guard.take()) {
      int room = node.shared == null ? 0 : node.shared.room();
      return room == 0 ? magazines.batch() : Math.min(magazines.batch(), room);
    }
  }

  /** The end of the run of objects that belong to one node: threads move, so an array may hold those of several. */
  private int endOfRun(long[] objects, int from, int to) {
    int i = nodes.length == 1 ? to : from + 1;
    while (i < to && nodeOf(objects[i]) == nodeOf(objects[from])) {
      i++;
    }
    return i;
  }

  private Node nodeOf(long object) {
    LinuxSlab slab = nodes.length == 1 ? null : find(object);
    return slab == null ? nodes[0] : slab.node;
  }

  /** Gives objects to a node: the newest to its shared array as far as there is room, the others to their slabs. */
  private void give(Node node, long[] objects, int from, int to) {
    int kept = 0;
    try (Guard _ = node.guard.take()) {
      if (node.shared != null && !gate.isClosing()) {
        kept = Math.min(node.shared.room(), to - from);
        node.shared.push(objects, to - kept, kept);
      }
    }
    freeBlock(objects, from, to - kept);
    returned.add(kept);
    gate.signalMemory();
  }

  /** Returns objects to their slabs ({@code free_block}); one bad address keeps none of the others from going back. */
  private void freeBlock(long[] objects, int from, int to) {
    Failures wrong = new Failures();
    for (int i = from; i < to;) {
      LinuxSlab slab = find(objects[i]);
      if (slab == null) {
        wrong.add(foreign(objects[i++]));
        continue;
      }
      Node node = slab.node;
      LinuxSlab doomed;
      try (Guard _ = node.guard.take()) {
        for (; slab != null && slab.node == node; slab = ++i < to ? find(objects[i]) : null) {
          String why = node.put(slab, objects[i]);
          if (why != null) {
            wrong.add(corruption("free", objects[i],
                why + " (found when the object reached its slab: an earlier free may be the wrong one)"));
          }
        }
        doomed = node.detachDoomed();
      }
      if (doomed != null) {
        wrong.run(() -> pages.release(doomed));
        gate.leave();
      }
    }
    if (from < to) {
      returned.add(to - from);
      gate.signalMemory();
    }
    wrong.rethrow();
  }

  private void freeBlock(long[] objects, int n) {
    freeBlock(objects, 0, n);
  }

  private @Nullable LinuxSlab find(long object) {
    return context.map().get(object) instanceof LinuxSlab slab && slab.cache == this ? slab : null;
  }

  private KmemException foreign(long object) {
    gate.checkNotClosed("free");
    return corruption("free", object, PageOwner.whose(context.map().get(object)));
  }

  KmemException corruption(String what, long address, String why) {
    return new KmemException.Corruption(what + ": cache = " + name() + ", address = " + hex(address) + ": " + why);
  }

  @Override
  public boolean seesEveryFree() {
    return nodes.length > 1;
  }

  /** Frees an object of another node ({@code cache_free_alien}); false when it is one of ours, for the CPU array. */
  @Override
  public boolean freeOutside(long object) {
    LinuxSlab slab = find(object);
    if (slab == null) {
      throw foreign(object);
    }
    Node node = here();
    if (slab.node == node) {
      return false;
    }
    gate.checkNotClosed("free");
    Failures thrown = new Failures();
    if (!hooks.perSlab()) {
      hooks.destruct(object, thrown);
    }
    thrown.run(() -> freeRemote(node, slab.node, object));
    thrown.rethrow();
    return true;
  }

  private void freeRemote(Node mine, Node its, long object) {
    remoteFrees.increment();
    directFrees.increment();
    ArrayCache alien = Objects.requireNonNull(mine.aliens[its.id]);
    long[] drained = {};
    boolean stored;
    try (Guard _ = alien.guard.take()) {
      stored = !gate.isClosing();
      if (stored && alien.room() == 0) {
        alienOverflows.increment();
        drained = alien.takeOldest(alien.avail());
      }
      if (stored) {
        alien.push(new long[] {object}, 0, 1);
      }
    }
    give(its, drained, 0, drained.length);
    if (!stored) {
      freeBlock(new long[] {object}, 1);
    }
  }

  @Override
  public void undo(long object) {
    if (!magazines.push(object)) {
      free(object);
    }
  }

  /** Empties every array into the slabs. */
  private void drain(Drain mode) {
    Failures wrong = new Failures();
    wrong.run(() -> magazines.drain(this::freeBlock, mode));
    for (Node node : nodes) {
      long[] objects = node.empty(mode != Drain.NO_WAIT);
      wrong.run(() -> freeBlock(objects, objects.length));
    }
    wrong.rethrow();
  }

  /** Objects in arrays of any kind. */
  private long held() {
    return magazines.held()
        + Arrays.stream(nodes).flatMap(node -> node.contents().stream()).mapToLong(held -> held.length).sum();
  }

  /** Empties every array and returns every free slab ({@code kmem_cache_shrink}). */
  @Override
  public long reap() {
    if (!gate.enter()) {
      return 0;
    }
    Failures thrown = new Failures();
    long bytes = 0;
    try {
      thrown.run(() -> drain(Drain.SKIP_BUSY));
      for (Node node : nodes) {
        LinuxSlab chain;
        try (Guard _ = node.guard.take()) {
          chain = node.detachFree(Long.MAX_VALUE, null);
        }
        bytes += pages.release(chain);
      }
    } catch (RuntimeException | Error e) {
      thrown.add(e);
    } finally {
      gate.leave();
    }
    thrown.rethrow();
    return bytes;
  }

  /** One pass over the arrays; over shared arrays and free slabs every second time ({@code cache_reap}). */
  @Override
  public void age() {
    if (!gate.enter()) {
      return;
    }
    Failures thrown = new Failures();
    long pass = passes.incrementAndGet();
    for (Node node : nodes) {
      thrown.run(() -> ageAliens(node, pass));
    }
    int limit = magazines.capacity();
    thrown.run(() -> magazines.age(this::freeBlock, 1, avail -> ArrayCache.agedOut(limit, avail)));
    for (Node node : pass % 2 == 0 ? nodes : new Node[0]) {
      thrown.run(() -> ageNode(node));
    }
    gate.leave();
    thrown.rethrow();
  }

  @Override
  public long agePeriodNanos() {
    return REAP_NANOS;
  }

  /** Drains one alien array of a node, the nodes taking turns, unless somebody is at it ({@code reap_alien}). */
  private void ageAliens(Node node, long pass) {
    int turn = (int) (pass % nodes.length);
    ArrayCache alien = node.aliens[turn];
    if (alien != null && alien.guard.take(false)) {
      long[] drained;
      try (Guard _ = alien.guard) {
        drained = alien.takeOldest(alien.avail());
      }
      give(nodes[turn], drained, 0, drained.length);
    }
  }

  private void ageNode(Node node) {
    long[] idle;
    try (Guard _ = node.guard.take()) {
      idle = node.shared == null ? new long[0] : node.shared.age();
    }
    Failures thrown = new Failures();
    thrown.run(() -> freeBlock(idle, idle.length));
    LinuxSlab chain;
    try (Guard _ = node.guard.take()) {
      chain = node.detachFree(node.agedOut(), null);
    }
    thrown.run(() -> pages.release(chain));
    thrown.rethrow();
  }

  /** Changes the arrays' sizes while other threads allocate and free ({@code do_tune_cpucache}). */
  public void retune(int limit, int batch, int sharedFactor) {
    LinuxGeometry next = shape.tuned(limit, batch, sharedFactor);
    gate.enter("retune");
    Failures wrong = new Failures();
    try (Guard _ = tuning.take()) {
      try {
        magazines.retune(limit, batch, this::freeBlock);
      } catch (KmemException.Corruption e) { // found on the way; all else is done
        wrong.add(e);
      }
      tuned = next;
      for (Node node : nodes) {
        long[] old;
        try (Guard _ = node.guard.take()) {
          old = node.tune(next);
        }
        wrong.run(() -> freeBlock(old, old.length));
      }
    } finally {
      gate.leave();
    }
    wrong.rethrow();
  }

  /** Closes the cache ({@code kmem_cache_destroy}). */
  @Override
  public LeakReport close(boolean insist, Failures thrown) {
    gate.beginClose();
    thrown.run(() -> magazines.close(this::freeBlock));
    thrown.run(() -> drain(Drain.WAIT));
    long objects = 0;
    long slabs = 0;
    for (Node node : nodes) {
      try (Guard _ = node.guard.take()) {
        objects += node.active;
        slabs += node.full.size + node.partial.size;
      }
    }
    LeakReport leak = new LeakReport(name(), objects, slabs, 0);
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
    return gate.isInside();
  }

  /** The sum of a number of every node. */
  private long sum(ToLongFunction<Node> number) {
    long sum = 0;
    for (Node node : nodes) {
      try (Guard _ = node.guard.take()) {
        sum += number.applyAsLong(node);
      }
    }
    return sum;
  }

  @Override
  public CacheStats stats() {
    long held = held();
    long slabs = sum(node -> node.full.size + node.partial.size + node.free.size);
    long active = sum(node -> node.active);
    return new CacheStats(name(), CacheType.SLAB, spec.flags(), Set.of(), spec.size(), shape.objectBytes(),
        shape.slabBytes(), pages.mappedBytes, shape.objects(), magazines.capacity(),
        new CacheStats.Slabs(slabs, sum(node -> node.full.size + node.partial.size), sum(node -> node.usedMax),
            sum(node -> node.grown), sum(node -> node.destroyed), sum(node -> node.failures)),
        new CacheStats.Objects(slabs * shape.objects(), active, sum(node -> node.activeMax), active - held, held,
            magazines.allocs() + directAllocs.sum(), magazines.frees() + directFrees.sum()),
        new CacheStats.Emergency(0, 0, 0));
  }

  @Override
  public void verify() {
    if (!gate.isClosed()) {
      new LinuxVerifier(this).verify();
    }
  }
}
