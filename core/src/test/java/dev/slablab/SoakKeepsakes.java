package dev.slablab;

import dev.slablab.Stock.Item;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Blocks that outlive quiet points: always the same number of each size, the oldest replaced each time while the load
 * is at its height. The slabs they keep tell whether fragmentation grows.
 */
final class SoakKeepsakes {
  static final int MOST = 8;
  private static final long SLAB_BYTES = 512 << 10;
  private static final long LARGEST = 96 << 10;

  private record Kind(Stock stock, long size) {}

  private final Map<Kind, ArrayDeque<Item>> kept = new LinkedHashMap<>();
  private final Map<Kind, Integer> counts = new LinkedHashMap<>();
  private final SplittableRandom random;
  private long tag = -1L << 50;

  SoakKeepsakes(SoakWorld world, long seed) {
    random = new SplittableRandom(seed + 1);
    for (CacheStock stock : world.caches) {
      add(new Kind(stock, stock.cache.spec().size()),
          Math.clamp(SLAB_BYTES / stock.cache.stats().mappedSlabBytes(), 1, MOST));
    }
    for (long size = 10; size <= LARGEST; size += size / 2) {
      add(new Kind(world.general, size), 1);
    }
  }

  private void add(Kind kind, int count) {
    kept.put(kind, new ArrayDeque<>());
    counts.put(kind, count);
  }

  void renew() {
    kept.forEach((kind, items) -> {
      if (!items.isEmpty()) {
        give(items);
      }
      while (items.size() < counts.get(kind)) {
        Item item = kind.stock.take(random, kind.size, tag++);
        if (item != null) {
          items.add(item);
        }
      }
    });
  }

  private static void give(ArrayDeque<Item> items) {
    Item item = items.remove();
    item.stock().give(item);
  }

  int size() {
    return kept.values().stream().mapToInt(ArrayDeque::size).sum();
  }

  void giveAll() {
    kept.values().forEach(items -> {
      while (!items.isEmpty()) {
        give(items);
      }
    });
  }
}
