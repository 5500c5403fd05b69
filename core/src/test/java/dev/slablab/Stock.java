package dev.slablab;

import dev.slablab.page.Memory;
import dev.slablab.spec.AllocMode;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;

/** Something that gives blocks and takes them back, with a cookie in each and books of its own. Thread-safe. */
abstract class Stock {
  private static final AllocMode[] MODES = AllocMode.values();

  /** A block in use; sized: may be freed by its size. */
  record Item(Stock stock, long address, long size, long tag, boolean sized) {}

  /** Blocks given less those taken back. */
  final LongAdder live = new LongAdder();
  /** All blocks ever given. */
  final LongAdder given = new LongAdder();

  abstract String name();

  /** A size to ask for next, bytes. */
  abstract long size(SplittableRandom random);

  /** A block, or null when a mode that may not wait found no memory. */
  abstract Item obtain(SplittableRandom random, long size, long tag, AllocMode mode);

  abstract void release(Item item);

  /** The bytes of a block that are the user's to write. */
  long usable(long size) {
    return size;
  }

  /** A block of any size with a cookie; null when there was no memory for one that may not wait. */
  final Item take(SplittableRandom random, long tag) {
    return take(random, size(random), tag);
  }

  final Item take(SplittableRandom random, long size, long tag) {
    Item item = obtain(random, size, tag,
        random.nextInt(4) == 0 ? MODES[random.nextInt(MODES.length)] : AllocMode.SLEEP);
    if (item != null) {
      taken(item);
    }
    return item;
  }

  final void taken(Item item) {
    if ((item.address & 7) != 0 || item.address == 0) {
      throw new AssertionError(name() + ": no block: " + Memory.hex(item.address));
    }
    Cookie.put(item.address, usable(item.size), item.tag);
    live.increment();
    given.increment();
  }

  /** Takes a block back, its cookie checked. */
  final void give(Item item) {
    checked(item);
    release(item);
  }

  final void checked(Item item) {
    try {
      Cookie.check(item.address, usable(item.size), item.tag);
    } catch (AssertionError e) {
      throw new AssertionError(name() + ": " + e.getMessage(), e);
    }
    live.decrement();
  }

  /** The block in another size, its content kept; the same block where that is not to be had. */
  Item resize(Item item, SplittableRandom random) {
    return item;
  }
}
