package dev.slablab.linux;

import module java.base;
import dev.slablab.page.PageOwner;
import dev.slablab.percpu.*;
import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/** Moves objects between CPU arrays, shared and alien arrays, and slabs. Takes the locks itself, one at a time. */
final class Exchange {
  /** Most objects a refill moves into an array nobody took from since the last reap ({@code BATCHREFILL_LIMIT}). */
  private static final int IDLE_REFILL = 16;

  private final LinuxCache cache;
  private final Magazines magazines;
  private final Node[] nodes;
  /** What no CPU array took part in; objects that came back to their node. */
  final LongAdder directAllocs = new LongAdder();
  final LongAdder directFrees = new LongAdder();
  final LongAdder returned = new LongAdder();
  final LongAdder flushes = new LongAdder();
  final LongAdder nodeAllocs = new LongAdder();
  final LongAdder remoteFrees = new LongAdder();
  final LongAdder alienOverflows = new LongAdder();

  Exchange(LinuxCache cache) {
    this.cache = cache;
    this.magazines = cache.magazines;
    this.nodes = cache.nodes;
  }

  /** Fills this thread's array from a node and takes one object ({@code cache_alloc_refill}); 0: the node has none. */
  long refill(Node node) {
    long[] buffer = magazines.takeBuffer();
    try {
      for (;;) {
        int batch = Math.min(magazines.batch(), buffer.length); // it may just be retuned
        int n;
        try (Guard _ = node.guard.take()) {
          cache.gate.checkOpen("alloc");
          n = node.refill(buffer, magazines.isTouched() ? batch : Math.min(batch, IDLE_REFILL));
        }
        int stored = n == 0 ? 0 : magazines.store(buffer, n);
        if (stored < n) { // another thread filled it meanwhile, or it is busy
          return takeLast(buffer, stored, n - 1);
        }
        long object = n == 0 ? 0 : magazines.pop(); // which makes the array a touched one
        if (n == 0 || object != 0) {
          return object;
        }
      }
    } finally {
      magazines.giveBuffer(buffer);
    }
  }

  /** Gives the last object to the caller and returns the others; all of them if one is wrong. */
  private long takeLast(long[] objects, int from, int last) {
    Failures wrong = new Failures();
    wrong.run(() -> freeBlock(objects, from, last, true));
    if (wrong.first() != null) {
      wrong.run(() -> freeBlock(objects, last, last + 1, true));
      wrong.rethrow();
    }
    directAllocs.increment();
    return objects[last];
  }

  /** Waits for memory, unless some came free after the last look; the nodes are looked at without their locks. */
  void awaitMemory(Node mine, long nanos, long seen, LongSupplier progress) {
    ArrayCache shared = mine.shared;
    cache.gate.awaitMemory(nanos, seen, () -> (shared != null && shared.avail() > 0)
        || Arrays.stream(nodes).anyMatch(node -> node.freeObjects > 0) ? ~seen : progress.getAsLong());
  }

  /** Takes one object from the slabs of a node ({@code ____cache_alloc_node}); 0 when there is none. */
  long takeOne(Node node) {
    long[] one = new long[1];
    try (Guard _ = node.guard.take()) {
      cache.gate.checkOpen("alloc");
      int n = node.take(one, 1);
      directAllocs.add(n);
      nodeAllocs.add(n);
    }
    return one[0];
  }

  /** Frees when the array took nothing, flushing it if it is full ({@code cache_flusharray}). */
  void flush(long object) {
    flushes.increment();
    long[] buffer = magazines.takeBuffer();
    int room = room(cache.here());
    int n = magazines.takeOldest(buffer, room == 0 ? magazines.batch() : Math.min(magazines.batch(), room));
    Failures wrong = new Failures();
    if (!magazines.push(object)) {
      directFrees.increment();
      wrong.run(() -> freeBlock(new long[] {object}, 0, 1, false));
    }
    wrong.run(() -> {
      if (room == 0) {
        freeBlock(buffer, 0, n, false);
      } else {
        give(buffer, n, false);
      }
    });
    magazines.giveBuffer(buffer);
    wrong.rethrow();
  }

  /** A full array gives a batch to its slabs, but no more than the shared array takes if that takes any. */
  private static int room(Node node) {
    try (Guard _ = node.guard.take()) {
      return node.shared == null ? 0 : node.shared.room();
    }
  }

  private Node nodeOf(long object) {
    LinuxSlab slab = nodes.length == 1 ? null : find(object);
    return slab == null ? nodes[0] : slab.node;
  }

  /**
   * Gives objects to their nodes: the newest to the shared array as far as there is room, the others to their slabs. An
   * array may hold those of several nodes, for threads move: each run of one node by itself.
   */
  private void give(long[] objects, int n, boolean keep) {
    Failures wrong = new Failures();
    for (int i = 0; i < n;) {
      int from = i;
      Node node = nodeOf(objects[from]);
      for (i = nodes.length == 1 ? n : from + 1; i < n && nodeOf(objects[i]) == node;) {
        i++;
      }
      int to = i;
      int kept = 0;
      try (Guard _ = node.guard.take()) {
        if (node.shared != null && !cache.gate.isClosing()) {
          kept = Math.min(node.shared.room(), to - from);
          node.shared.push(objects, to - kept, kept);
        }
      }
      returned.add(kept);
      int rest = to - kept;
      wrong.run(() -> freeBlock(objects, from, rest, keep));
    }
    wrong.rethrow();
  }

  /** For those who hold a lock, or have objects in hand: no hook runs, and he gives back what is beyond the limit. */
  void freeBlock(long[] objects, int n) {
    freeBlock(objects, 0, n, true);
  }

  /**
   * Returns objects to their slabs ({@code free_block}); one bad address keeps none of the others from going back.
   * Slabs beyond the limit that this empties go too, unless all are to be kept.
   */
  private void freeBlock(long[] objects, int from, int to, boolean keep) {
    Failures wrong = new Failures();
    for (int i = from; i < to;) {
      LinuxSlab slab = find(objects[i]);
      if (slab == null) {
        wrong.add(foreign(objects[i++]));
        continue;
      }
      Node node = slab.node;
      LinuxSlab doomed = null;
      try (Guard _ = node.guard.take()) {
        cache.gate.checkNotClosed("free");
        try {
          for (; slab != null && slab.node == node; slab = ++i < to ? find(objects[i]) : null) {
            String why = node.put(slab, objects[i], keep);
            if (why != null) {
              wrong.add(cache.corruption("free", objects[i],
                  why + " (found when the object reached its slab: an earlier free may be the wrong one)"));
            }
          }
        } finally {
          doomed = node.detachDoomed();
        }
      } finally {
        LinuxSlab gone = doomed;
        if (gone != null) {
          wrong.run(() -> cache.pages.release(gone));
          cache.gate.leave();
        }
      }
    }
    returned.add(to - from);
    cache.gate.signalMemory();
    wrong.rethrow();
  }

  @Nullable LinuxSlab find(long object) {
    return cache.context.map().get(object) instanceof LinuxSlab slab && slab.cache == cache ? slab : null;
  }

  LinuxSlab slab(long object) {
    LinuxSlab slab = find(object);
    if (slab == null) {
      throw foreign(object);
    }
    return slab;
  }

  private KmemException foreign(long object) {
    cache.gate.checkNotClosed("free");
    return cache.corruption("free", object, PageOwner.whose(cache.context.map().get(object)));
  }

  /** Frees an object of another node by way of an alien array ({@code cache_free_alien}). */
  void freeRemote(Node mine, Node its, long object) {
    remoteFrees.increment();
    directFrees.increment();
    ArrayCache alien = Objects.requireNonNull(mine.aliens[its.id]);
    long[] drained = {};
    boolean stored;
    try (Guard _ = alien.guard.take()) {
      stored = !cache.gate.isClosing();
      if (stored && alien.room() == 0) {
        alienOverflows.increment();
        drained = alien.takeOldest(alien.avail());
      }
      alien.push(new long[] {object}, 0, stored ? 1 : 0);
    }
    Failures wrong = new Failures();
    long[] overflow = drained;
    wrong.run(() -> give(overflow, overflow.length, false));
    if (!stored) {
      wrong.run(() -> freeBlock(new long[] {object}, 0, 1, false));
    }
    wrong.rethrow();
  }

  /** Empties every array into the slabs ({@code drain_cpu_caches}). */
  void drain(Drain mode) {
    Failures wrong = new Failures();
    wrong.run(() -> magazines.drain(this::freeBlock, mode));
    for (Node node : nodes) {
      wrong.run(() -> empty(node, mode != Drain.NO_WAIT));
    }
    wrong.rethrow();
  }

  /** Empties a node's shared and alien arrays into the slabs. */
  void empty(Node node, boolean wait) {
    Failures wrong = new Failures();
    node.contents(true, wait).forEach(objects -> wrong.run(() -> freeBlock(objects, objects.length)));
    wrong.rethrow();
  }

  /** Empties every array, then returns so many slabs of every node ({@code kmem_cache_shrink}); gives the bytes. */
  long shrink(Drain mode, ToLongFunction<Node> most) {
    if (!cache.gate.enter()) {
      return 0;
    }
    long[] bytes = new long[1];
    Failures thrown = new Failures();
    if (mode == Drain.NO_WAIT) {
      thrown.run(() -> drain(mode));
    } else {
      synchronized (cache.figures) {
        thrown.run(() -> drain(mode));
      }
    }
    thrown.run(() -> bytes[0] = cache.pages.release(detachFree(most)));
    bytes[0] += mode == Drain.NO_WAIT ? 0 : cache.pages.trim(0, thrown);
    cache.gate.leave();
    thrown.rethrow();
    return bytes[0];
  }

  /** Unlinks free slabs of every node, so many as it is given; the caller is inside the gate. */
  @Nullable LinuxSlab detachFree(ToLongFunction<Node> most) {
    LinuxSlab chain = null;
    for (Node node : nodes) {
      try (Guard _ = node.guard.take()) {
        chain = node.detachFree(most.applyAsLong(node), chain);
      }
    }
    return chain;
  }

  /** Drains one alien array of a node, the nodes taking turns, unless somebody is at it ({@code reap_alien}). */
  void ageAliens(Node node, long pass) {
    int turn = (int) (pass % nodes.length);
    ArrayCache alien = node.aliens[turn];
    if (alien != null && alien.guard.take(false)) {
      long[] drained;
      try (Guard _ = alien.guard) {
        drained = alien.takeOldest(alien.avail());
      }
      give(drained, drained.length, true);
    }
  }

  /** Drains a node's shared array, if nobody took from it since the last time. */
  void ageShared(Node node) {
    long[] idle;
    try (Guard _ = node.guard.take()) {
      idle = node.shared == null ? new long[0] : node.shared.age();
    }
    freeBlock(idle, idle.length);
  }

  /** Objects in arrays of any kind. */
  long held() {
    return magazines.held()
        + Arrays.stream(nodes).flatMap(node -> node.contents(false, true).stream()).mapToLong(all -> all.length).sum();
  }
}
