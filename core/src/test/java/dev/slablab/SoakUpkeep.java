package dev.slablab;

import dev.slablab.Stock.Item;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/** What the maintenance thread does beside the load: reaps, scans, retunes, reads the books, and churns caches. */
final class SoakUpkeep {
  enum Work { REAP_CACHE, REAP_ALL, SCAN, TUNE, RETUNE, READ, CHURN }

  /** Rows, and the values they may take here. */
  record Range(Tunable row, long... values) {}

  static final List<Range> RANGES = List.of(new Range(Tunable.SPL_KMEM_CACHE_EXPIRE, 0, 1, 2, 3),
      new Range(Tunable.SPL_KMEM_CACHE_RECLAIM, 0, 1), new Range(Tunable.CACHE_DELAY, 30, 300, 2000),
      new Range(Tunable.GROW_IN_CALLER, 0, 1), new Range(Tunable.SLAB_DECAY, 0, 50, 1000),
      new Range(Tunable.OBJECT_LAYOUT, 0, 1), new Range(Tunable.SPL_KMEM_CACHE_SLAB_LIMIT, 0, 1000, 16_384, 100_000),
      new Range(Tunable.CACHE_TYPE, 0, 1, 2), new Range(Tunable.SLAB_MAX_ORDER, 0, 1, 2, 3),
      new Range(Tunable.SPL_KMEM_CACHE_OBJ_PER_SLAB, 8, 16, 32), new Range(Tunable.MEMORY_PRESSURE, 0, 10, 90),
      new Range(Tunable.SLAB_DEBUG, 0, 0, 0, 7), new Range(Tunable.CACHE_DEBUG, 0, 0, 0, 1, 2, 3),
      new Range(Tunable.GUARD_SAMPLE, 0, 0, 1, 10));

  private final SoakWorld world;
  private final SplittableRandom random;
  final Map<Work, LongAdder> done = new EnumMap<>(Work.class);
  final LongAdder closes = new LongAdder();
  final LongAdder refused = new LongAdder();
  private long tag = -1L << 40;

  SoakUpkeep(SoakWorld world, long seed) {
    this.world = world;
    this.random = new SplittableRandom(seed);
    for (Work work : Work.values()) {
      done.put(work, new LongAdder());
    }
  }

  /** One thing; caches come and go as often as all the rest. */
  void act() {
    Work work = random.nextBoolean() ? Work.CHURN : Work.values()[random.nextInt(Work.values().length)];
    switch (work) {
      case REAP_CACHE -> cache().reap();
      case REAP_ALL -> world.kmem.reap();
      case SCAN -> world.kmem.shrinker().scan(1 + random.nextInt(1000));
      case TUNE -> {
        Range range = RANGES.get(random.nextInt(RANGES.size()));
        world.kmem.tune(range.row, range.values[random.nextInt(range.values.length)]);
      }
      case RETUNE -> retune();
      case READ -> read();
      case CHURN -> churn();
    }
    done.get(work).increment();
  }

  private KmemCache cache() {
    return world.caches.get(random.nextInt(world.caches.size())).cache;
  }

  private void retune() {
    List<KmemCache> all = world.caches.stream().map(stock -> stock.cache)
        .filter(cache -> cache.stats().type() == CacheType.SLAB).toList();
    int limit = 1 + random.nextInt(random.nextBoolean() ? 20 : 300);
    world.kmem.retune(all.get(random.nextInt(all.size())).spec().name() + " " + limit + " "
        + (1 + random.nextInt(limit)) + " " + random.nextInt(9));
  }

  private void read() {
    String text = world.kmem.slabText() + world.kmem.slabInfo(true);
    for (CacheStock stock : world.caches) {
      if (!text.contains(stock.name())) {
        throw new AssertionError(stock.name() + " is in none of the tables:\n" + text);
      }
    }
    for (CacheType type : CacheType.values()) {
      if (world.kmem.totals(type).total() < 0) {
        throw new AssertionError(type + ": " + world.kmem.totals(type));
      }
    }
  }

  /** A cache's whole life: half of the objects are freed by another thread, some only after a close was refused. */
  private void churn() {
    CacheStock stock = new CacheStock(world.kmem, spec(), random.nextBoolean() ? null
        : ConstructorPlacement.values()[random.nextInt(2)]);
    int n = 1 + random.nextInt(Math.clamp((1 << 20) / stock.size(random), 1, 300));
    List<Item> items = new ArrayList<>();
    stock.takeAll(n, tag, items);
    tag += n;
    List<Item> others = items.subList(0, n / 2);
    CompletableFuture<Void> freed = new CompletableFuture<>();
    Thread.startVirtualThread(() -> {
      try {
        others.forEach(stock::give);
        freed.complete(null);
      } catch (Throwable e) {
        freed.completeExceptionally(e);
      }
    });
    if (random.nextInt(4) == 0) {
      refuse(stock.cache);
    }
    items.subList(n / 2, n).forEach(stock::give);
    freed.join();
    world.betweenPasses(stock::check);
    stock.close();
    closes.increment();
  }

  private void refuse(KmemCache cache) {
    try {
      cache.close();
    } catch (KmemException.Leak e) {
      refused.increment();
      return;
    }
    throw new AssertionError("closed with objects in use: " + cache.spec());
  }

  private CacheSpec spec() {
    CacheFlag[] types = {CacheFlag.KVMEM, CacheFlag.VMEM, CacheFlag.SLAB, CacheFlag.KMEM, CacheFlag.OFFSLAB};
    int type = random.nextInt(types.length + 1);
    long size = (16 + random.nextLong(1L << random.nextInt(4, 18))) & -8;
    CacheSpec spec = CacheSpec.of("churned-" + tag, size).align(8 << random.nextInt(6))
        .objectsPerSlab(8 + random.nextInt(8));
    return type == types.length ? spec : spec.flags(types[type]);
  }
}
