package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import java.util.Collection;
import java.util.SplittableRandom;

/** A cache, with hooks or without. */
final class CacheStock extends Stock {
  final KmemCache cache;
  private final HookBooks hooks;

  /** A cache without hooks where no placement is given. */
  CacheStock(Kmem kmem, CacheSpec spec, ConstructorPlacement placement) {
    hooks = new HookBooks(spec, placement);
    cache = kmem.createCache(hooks.spec);
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
    long object = random.nextInt(32) == 0 ? cache.allocSegment(mode).address() : cache.alloc(mode);
    return object == 0 ? null : item(object, tag);
  }

  private Item item(long object, long tag) {
    hooks.check(object);
    return new Item(this, object, cache.spec().size(), tag, true);
  }

  @Override
  void release(Item item) {
    hooks.check(item.address());
    cache.free(item.address());
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
