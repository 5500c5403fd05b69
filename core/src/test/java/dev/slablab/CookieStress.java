package dev.slablab;

import dev.slablab.Stock.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * A stress after the manner of mimalloc's: rounds of threads that allocate, keep some, swap others through an array of
 * slots, allocate within allocations, and die; what they leave in the slots and behind them others free, their cookies
 * checked.
 */
final class CookieStress {
  private static final int SLOTS = 200;
  private static final int DEPTH = 4;
  /** The most blocks a thread has beside those it keeps. */
  private static final int MOST = 200;

  private final List<? extends Stock> stocks;
  private final AtomicReferenceArray<Item> transfer = new AtomicReferenceArray<>(SLOTS);
  private final Queue<Item> left = new ConcurrentLinkedQueue<>();
  private final LongAdder operations = new LongAdder();

  CookieStress(List<? extends Stock> stocks) {
    this.stocks = stocks;
  }

  /** Runs rounds of threads, a check behind each; gives the number of allocations and frees. */
  long run(int rounds, int threads, int steps, long seed, Runnable quiet) throws InterruptedException {
    for (int round = 0; round < rounds; round++) {
      int first = round * threads;
      ConcurrentKit.together(threads, seed, index -> new Work(ConcurrentKit.random(seed, first + index),
          (long) (first + index) << 32).run(steps));
      SplittableRandom random = ConcurrentKit.random(seed, -1 - round);
      for (int i = 0; i < SLOTS; i++) {
        if (random.nextBoolean() || round == rounds - 1) {
          give(transfer.getAndSet(i, null));
        }
      }
      for (Item item = round == rounds - 1 ? left.poll() : null; item != null; item = left.poll()) {
        give(item);
      }
      quiet.run();
    }
    return operations.sum();
  }

  private void give(Item item) {
    if (item != null) {
      item.stock().give(item);
      operations.increment();
    }
  }

  /** One thread's life. */
  private final class Work {
    private final SplittableRandom random;
    private final List<Item> mine = new ArrayList<>();
    private final List<Item> kept = new ArrayList<>();
    private long tag;

    Work(SplittableRandom random, long tag) {
      this.random = random;
      this.tag = tag;
    }

    void run(int steps) {
      for (int i = 0; i < 50 && !left.isEmpty(); i++) {
        give(left.poll());
      }
      int keep = steps / 10;
      for (int step = 0; step < steps; step++) {
        if (keep > 0 && random.nextInt(8) == 0) {
          keep--;
          add(kept, take(0));
        } else if (mine.size() < MOST) {
          add(mine, take(0));
        }
        if (!mine.isEmpty() && random.nextInt(3) != 0) {
          give(any());
        }
        if (!mine.isEmpty() && random.nextInt(4) == 0) {
          add(mine, transfer.getAndSet(random.nextInt(SLOTS), any()));
        }
        if (!mine.isEmpty() && random.nextInt(16) == 0) {
          Item item = any();
          mine.add(item.stock().resize(item, random));
        }
      }
      mine.forEach(CookieStress.this::give);
      for (Item item : kept) { // half of it outlives its thread
        if (random.nextBoolean()) {
          give(item);
        } else {
          left.add(item);
        }
      }
    }

    private void add(List<Item> to, Item item) {
      if (item != null) {
        to.add(item);
      }
    }

    /** A block, and sometimes others before and behind it that are gone or kept when it is there. */
    private Item take(int depth) {
      Item before = depth < DEPTH && random.nextInt(8) == 0 ? take(depth + 1) : null;
      Stock stock = stocks.get(random.nextInt(stocks.size()));
      Item item = stock.take(random, tag++);
      operations.increment();
      if (depth < DEPTH && random.nextInt(8) == 0) {
        add(mine, take(depth + 1));
      }
      if (before != null) {
        give(before);
      }
      return item;
    }

    private Item any() {
      int last = mine.size() - 1;
      Item item = mine.set(random.nextInt(mine.size()), mine.get(last));
      mine.remove(last);
      return item;
    }
  }
}
