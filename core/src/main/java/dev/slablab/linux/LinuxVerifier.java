package dev.slablab.linux;

import static dev.slablab.page.Memory.hex;

import module java.base;
import dev.slablab.slab.SlabList;
import dev.slablab.spec.KmemException;
import org.jspecify.annotations.Nullable;

/** Walks a cache's structures; nothing else is under way. */
final class LinuxVerifier {
  private final LinuxCache cache;
  private final Set<Long> held = new HashSet<>();
  private final Set<Long> descriptors = new HashSet<>();
  private long out;

  LinuxVerifier(LinuxCache cache) {
    this.cache = cache;
  }

  /** Checks rows, slabs, chains, page map, totals, and what the arrays hold. */
  void verify() {
    synchronized (cache.figures) {
      if (!cache.gate.isClosed()) {
        walk();
      }
    }
  }

  private void walk() {
    hold("CPU array", cache.magazines.contents(), null);
    for (Node node : cache.nodes) {
      List<long[]> arrays = node.contents(false, true);
      hold("shared array of node " + node.id, arrays.removeLast(), node);
      List<Node> others = Arrays.stream(cache.nodes).filter(other -> other != node).toList();
      for (int i = 0; i < arrays.size(); i++) {
        hold("alien array of node " + node.id, arrays.get(i), others.get(i));
      }
      try (Guard _ = node.guard.take()) {
        long before = out;
        long free = walk(node, "full", node.full) + walk(node, "partial", node.partial) + walk(node, "free", node.free);
        same("free objects of node " + node.id, free, node.freeObjects);
        same("active objects of node " + node.id, out - before, node.active);
        same("chains of doomed slabs of node " + node.id, 0, node.detachDoomed() == null ? 0 : 1);
      }
    }
    same("allocated - freed", out - held.size(), cache.magazines.allocs() + cache.exchange.directAllocs.sum()
        - cache.magazines.frees() - cache.exchange.directFrees.sum());
    cache.info().check();
  }

  private void hold(String where, long[] objects, @Nullable Node node) {
    for (long object : objects) {
      String what = where + ": entry " + hex(object);
      if (!(cache.context.map().get(object) instanceof LinuxSlab slab) || slab.cache != cache
          || cache.shape.index(slab.base, slab.colour, object) < 0) {
        throw broken(what + " is no object of this cache");
      }
      if (node != null && slab.node != node) {
        throw broken(what + " belongs to node " + slab.node.id);
      }
      if (!slab.isLive(cache.shape.index(slab.base, slab.colour, object))) {
        throw broken(what + " is free in its slab as well");
      }
      if (!held.add(object)) {
        throw broken(what + " stands in an array twice (double free)");
      }
    }
  }

  /** Returns the free objects of a row's slabs. */
  private long walk(Node node, String name, SlabList<LinuxSlab> row) {
    long free = 0;
    int size = 0;
    LinuxSlab before = null;
    for (@Nullable LinuxSlab slab = row.head; slab != null; slab = slab.next) {
      String where = name + " slab " + hex(slab.base);
      if (slab.prev != before || slab.list != row || slab.cache != cache || slab.node != node) {
        throw broken(where + ": list links are broken");
      }
      if (slab.outside == 0 ? cache.shape.offSlab() : !descriptors.add(slab.outside)
          || !cache.pages.descriptors.isInUse(slab.outside, cache.shape.descriptorBytes())) {
        throw broken(where + ": its descriptor " + hex(slab.outside) + " is no block in use, or another's too");
      }
      String wrong = slab.check();
      if (wrong != null) {
        throw broken(where + ": " + wrong);
      }
      for (long page = slab.base; page < slab.base + cache.shape.slabBytes(); page += cache.shape.pageSize()) {
        if (cache.context.map().get(page) != slab) {
          throw broken(where + ": page " + hex(page) + " belongs to something else in the page map");
        }
      }
      free += cache.shape.objects() - slab.inUse;
      out += slab.inUse;
      size++;
      before = slab;
    }
    same(name + " slabs of node " + node.id + " up to the tail", row.tail == before ? size : -1, row.size);
    return free;
  }

  private void same(String what, long expected, long found) {
    if (expected != found) {
      throw broken(what + ": expected " + expected + ", found " + found);
    }
  }

  private KmemException broken(String what) {
    return new KmemException.Corruption("verify: cache = " + cache.name() + ": " + what);
  }
}
