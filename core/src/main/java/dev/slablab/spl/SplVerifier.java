package dev.slablab.spl;

import static dev.slablab.page.Memory.hex;

import module java.base;
import dev.slablab.page.PageOwner;
import dev.slablab.percpu.Magazines;
import dev.slablab.slab.SlabList;
import dev.slablab.spec.KmemException;
import org.jspecify.annotations.Nullable;

/** Walks a cache's structures; the list lock is held, and nothing else is under way. */
final class SplVerifier {
  private final SplCache cache;
  private long slabs;
  private long used;
  private long out;

  SplVerifier(SplCache cache) {
    this.cache = cache;
  }

  boolean verify(long[] held) {
    walk(cache.lists.partial, false);
    walk(cache.lists.complete, true);
    same("slab_total", cache.lists.slabTotal, slabs);
    same("slab_alloc", cache.lists.slabAlloc, used);
    same("obj_alloc", cache.lists.objAlloc, out);
    Set<Long> seen = new HashSet<>();
    for (long object : held) {
      if (!(cache.context.map().get(object) instanceof Slab slab) || slab.cache != cache || slab.index(object) < 0) {
        throw broken("magazine entry " + hex(object) + " is no object of this cache");
      }
      if (!cache.layout.isOut(slab, slab.index(object))) {
        throw broken("magazine entry " + hex(object) + " is free in its slab as well");
      }
      if (!seen.add(object)) {
        throw broken("magazine entry " + hex(object) + " stands there twice (double free)");
      }
    }
    if (held.length > out) {
      throw broken("magazines hold " + held.length + " objects, only " + out + " are outside the slab layer");
    }
    for (Map.Entry<Long, Emergencies.Run> entry : cache.emergencies.tree.entrySet()) {
      checkPages("emergency object " + hex(entry.getKey()), entry.getKey(), cache.emergencies.bytes, entry.getValue());
    }
    Magazines counts = cache.magazines;
    same("allocated - freed", cache.lists.objAlloc - held.length + cache.emergencies.tree.size(),
        counts.allocs() + cache.directAllocs - counts.frees() - cache.directFrees);
    return true;
  }

  private void walk(SlabList<Slab> list, boolean complete) {
    boolean emptySeen = false;
    Slab before = null;
    for (@Nullable Slab slab = list.head; slab != null; slab = slab.next) {
      String where = (complete ? "complete" : "partial") + " slab " + hex(slab.base);
      if (slab.prev != before || slab.list != list || slab.cache != cache) {
        throw broken(where + ": list links are broken");
      }
      if (complete != (slab.ref == cache.geometry.objects()) || slab.ref < 0) {
        throw broken(where + ": ref = " + slab.ref + " of " + cache.geometry.objects() + " is on the wrong list");
      }
      if (emptySeen && slab.ref != 0) {
        throw broken(where + ": a slab in use stands behind an empty one");
      }
      emptySeen |= slab.ref == 0;
      Slab owner = slab;
      slab.forEachRun((address, bytes) -> checkPages(where, address, bytes, owner));
      String wrong = cache.layout.check(slab);
      if (wrong != null) {
        throw broken(where + ": " + wrong);
      }
      slabs++;
      used += slab.ref > 0 ? 1 : 0;
      out += slab.ref;
      before = slab;
    }
    if (list.tail != before) {
      throw broken((complete ? "complete" : "partial") + " list: the tail is not the last slab");
    }
  }

  private void checkPages(String where, long base, long bytes, PageOwner owner) {
    for (long page = base; page < base + bytes; page += cache.context.source().pageSize()) {
      if (cache.context.map().get(page) != owner) {
        throw broken(where + ": page " + hex(page) + " belongs to something else in the page map");
      }
    }
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
