package dev.slablab;

import dev.slablab.spec.AllocMode;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;

/** An allocator of its own, of blocks of any size up to 512 bytes, with a fault: what the cookies must catch. */
final class TwinStock extends Stock implements AutoCloseable {
  enum Fault {
    NONE,
    /** A block's last word is its neighbour's first. */
    OVERLAP,
    /** One allocation in a thousand gives the block that the one before gave. */
    TWICE
  }

  private static final int LARGEST = 512;
  private static final int BLOCKS = 20_000;

  private final Arena arena = Arena.ofShared();
  private final Deque<Long> free = new ArrayDeque<>();
  private final Fault fault;
  private int n;
  private long last;

  TwinStock(Fault fault) {
    this.fault = fault;
    int stride = fault == Fault.OVERLAP ? LARGEST - 8 : LARGEST;
    long base = arena.allocate((long) LARGEST * (BLOCKS + 1), 8).address();
    for (int i = 0; i < BLOCKS; i++) {
      free.add(base + (long) i * stride);
    }
  }

  @Override
  String name() {
    return "twin, " + fault;
  }

  @Override
  long size(SplittableRandom random) {
    return LARGEST - random.nextInt(16);
  }

  @Override
  synchronized Item obtain(SplittableRandom random, long size, long tag, AllocMode mode) {
    boolean twice = fault == Fault.TWICE && ++n % 1000 == 0;
    last = twice ? last : free.remove();
    return new Item(this, last, size, tag, true);
  }

  @Override
  synchronized void release(Item item) {
    free.addFirst(item.address());
  }

  @Override
  Item resize(Item item, SplittableRandom random) {
    long size = size(random);
    Item moved = take(random, size, item.tag());
    give(item);
    return moved;
  }

  @Override
  public void close() {
    arena.close();
  }
}
