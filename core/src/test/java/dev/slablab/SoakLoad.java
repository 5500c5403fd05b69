package dev.slablab;

import dev.slablab.Stock.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/** What one thread after the other does to a world: takes, gives, resizes, and hands over to the others. */
final class SoakLoad {
  private static final int BULK = 40;

  private final SoakWorld world;
  private final AtomicReferenceArray<Item> transfer;
  private final SplittableRandom random;
  private final int forget;
  private final List<Item> mine = new ArrayList<>();
  private long tag;
  private long bytes;
  final LongAdder operations = new LongAdder();
  final LongAdder forgotten = new LongAdder();

  SoakLoad(SoakWorld world, AtomicReferenceArray<Item> transfer, int index, long seed, int forget) {
    this.world = world;
    this.transfer = transfer;
    this.random = new SplittableRandom(seed * 1_000_003 + index);
    this.forget = forget;
    this.tag = (long) index << 40;
  }

  /** Some steps, inside the gate, towards so many bytes in use here. */
  void batch(int steps, long target) {
    for (int i = 0; i < steps; i++) {
      step(target);
    }
    operations.add(steps);
  }

  private void step(long target) {
    int dice = random.nextInt(100);
    if (mine.isEmpty() || dice < (bytes < target ? 55 : 15)) {
      if (target > 0 && bytes < 2 * target) {
        add(pick().take(random, tag++));
      }
    } else if (dice < 88) {
      give(remove());
    } else if (dice < 95) {
      exchange();
    } else if (dice < 99) {
      Item item = remove();
      add(item.stock().resize(item, random));
    } else if (bytes < target) {
      bulk();
    }
  }

  /** Mostly the small ones: each doubling of the size is rarer. */
  private Stock pick() {
    for (;;) {
      Stock stock = world.stocks.get(random.nextInt(world.stocks.size()));
      if (stock == world.general || random.nextLong(stock.size(random)) < 2000) {
        return stock;
      }
    }
  }

  private void bulk() {
    CacheStock cache = world.caches.get(random.nextInt(world.caches.size()));
    int n = Math.clamp(100_000 / cache.size(random), 1, 1 + random.nextInt(BULK));
    List<Item> items = new ArrayList<>();
    cache.takeAll(n, tag, items);
    tag += n;
    if (random.nextBoolean()) {
      items.forEach(this::add);
    } else {
      cache.giveAll(items);
    }
  }

  /** Leaves an item to whoever comes, and takes what lies there. */
  private void exchange() {
    add(transfer.getAndSet(random.nextInt(transfer.length()), remove()));
  }

  private void add(Item item) {
    if (item != null) {
      mine.add(item);
      bytes += item.size();
    }
  }

  private Item remove() {
    int last = mine.size() - 1;
    Item item = mine.set(random.nextInt(mine.size()), mine.get(last));
    mine.remove(last);
    bytes -= item.size();
    return item;
  }

  private void give(Item item) {
    if (forget > 0 && random.nextInt(forget) == 0) {
      forgotten.increment();
    } else {
      item.stock().give(item);
    }
  }

  /** Bytes of the items held here. */
  long bytes() {
    return bytes;
  }

  /** At a quiet point. */
  void giveAll() {
    while (!mine.isEmpty()) {
      give(remove());
    }
  }
}
