package dev.slablab.spl;

import static dev.slablab.spl.SlabLayout.hex;

import dev.slablab.page.Area;
import dev.slablab.page.PageSource;
import dev.slablab.page.Pages;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.KmemException;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The emergency objects of one cache ({@code spl_emergency_alloc}, {@code spl_emergency_free}): each a power-of-two page
 * run of its own without trailer, in an address-ordered tree. Fields are guarded by the cache's list lock.
 */
final class Emergencies {
  private final SplCache cache;
  private final SplContext context;
  /** Bytes of a run. */
  final long bytes;
  final NavigableMap<Long, EmergencyRun> tree = new TreeMap<>();
  long max;

  Emergencies(SplCache cache, SplContext context) {
    this.cache = cache;
    this.context = context;
    this.bytes = Pages.powerOfTwoRun(cache.geometry.objectSize(), context.source().pageSize());
  }

  /** Makes one: its address, {@link Growth#RETRY} when a partial slab appeared, or {@link Growth#NO_MEMORY}. */
  long allocate(AllocMode mode) {
    cache.lock.lock();
    try {
      if (!cache.lists.partial.isEmpty()) {
        return Growth.RETRY;
      }
    } finally {
      cache.lock.unlock();
    }
    long object = context.source().allocate(bytes, Area.EMERGENCY);
    if (object == PageSource.NONE) {
      return Growth.NO_MEMORY;
    }
    EmergencyRun run = new EmergencyRun(cache, object);
    context.map().set(object, bytes, run);
    boolean kept = false;
    cache.lock.lock();
    try {
      cache.checkOpen("alloc");
      if (tree.putIfAbsent(object, run) != null) {
        kept = true; // by whoever has it
        throw new KmemException.Corruption("emergency: cache = " + cache.name() + ", address = " + hex(object)
            + ": the page source gave a run that is in use");
      }
      max = Math.max(max, tree.size());
      cache.directAllocs++;
      kept = true;
    } finally {
      cache.lock.unlock();
      if (!kept) {
        release(object);
      }
    }
    if (cache.hooks.perSlab()) {
      try {
        cache.hooks.construct(object, mode);
      } catch (Throwable e) {
        if (remove(object)) {
          release(object);
        }
        throw e;
      }
    }
    return object;
  }

  /** Takes an object out of the tree; false when it is none of ours. */
  boolean remove(long object) {
    cache.lock.lock();
    try {
      if (tree.remove(object) == null) {
        return false;
      }
      cache.directFrees++;
      return true;
    } finally {
      cache.lock.unlock();
    }
  }

  /** Returns the pages of an object that is in the tree no more. */
  void release(long object) {
    context.map().set(object, bytes, null);
    context.source().free(object, bytes, Area.EMERGENCY);
    cache.lock.lock();
    try {
      cache.signalMemory();
    } finally {
      cache.lock.unlock();
    }
  }
}
