package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Tunable;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** A cache, with hooks or without. */
final class CacheStock extends Stock {
  final KmemCache cache;
  private final HookBooks hooks;
  /** Whether every segment is guarded. */
  private final boolean guarded;
  /** In use, by address; freed as they were allocated. */
  private final Map<Long, MemorySegment> segments = new ConcurrentHashMap<>();

  /** A cache without hooks where no placement is given. */
  CacheStock(Kmem kmem, CacheSpec spec, ConstructorPlacement placement) {
    hooks = new HookBooks(spec, placement);
    cache = kmem.createCache(hooks.spec);
    guarded = kmem.tunables().get(Tunable.GUARD_SAMPLE) == 1;
  }

  @Override
  String name() {
    return cache.spec().name();
  }

  @Override
  long size(SplittableRandom random) {
    return cache.spec().size();
  }

  @Override
  long usable(long size) {
    return hooks.usable();
  }

  @Override
  Item obtain(SplittableRandom random, long size, long tag, AllocMode mode) {
    if (random.nextInt(32) != 0) {
      long object = cache.alloc(mode);
      return object == 0 ? null : item(object, tag);
    }
    MemorySegment segment = cache.allocSegment(mode);
    if (segment.address() == 0) {
      return null;
    }
    segments.put(segment.address(), segment);
    return item(segment.address(), tag);
  }

  private Item item(long object, long tag) {
    hooks.check(object);
    return new Item(this, object, cache.spec().size(), tag, true);
  }

  @Override
  void release(Item item) {
    hooks.check(item.address());
    MemorySegment segment = segments.remove(item.address());
    if (segment == null) {
      cache.free(item.address());
      return;
    }
    cache.free(segment);
    if (guarded && segment.scope().isAlive()) {
      throw new AssertionError(name() + ": a guard is open after its segment's free");
    }
  }

  /** Takes several at once. */
  void takeAll(int n, long firstTag, Collection<Item> into) {
    long[] objects = new long[n];
    int got = cache.alloc(objects, 0, n, AllocMode.SLEEP);
    assertEquals(n, got, name());
    for (int i = 0; i < n; i++) {
      Item item = item(objects[i], firstTag + i);
      taken(item);
      into.add(item);
    }
  }

  /** Gives several back at once. */
  void giveAll(Collection<Item> items) {
    items.forEach(item -> {
      checked(item);
      hooks.check(item.address());
      segments.remove(item.address());
    });
    cache.free(items.stream().mapToLong(Item::address).toArray(), 0, items.size());
  }

  /** At a quiet point: the cache's figures are those of the books. */
  void agree() {
    assertEquals(live.sum(), cache.stats().objects().inuse(), () -> "in use: " + cache.stats());
    hooks.agree();
  }

  /** At a quiet point: every structure, and the books. */
  void check() {
    cache.verify();
    agree();
  }

  /** Closes the cache, of which nothing is in use. */
  void close() {
    cache.close();
    hooks.closed();
  }

  /** After the close of all. */
  void closed() {
    hooks.closed();
  }
}
