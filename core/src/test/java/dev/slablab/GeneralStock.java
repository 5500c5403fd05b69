package dev.slablab;

import dev.slablab.spec.AllocMode;
import java.util.SplittableRandom;

/** General allocation: every order of magnitude equally often, large blocks now and then. */
class GeneralStock extends Stock {
  private final Kmem kmem;
  private final long largest;

  /** Blocks of at most so many bytes, a power of two above 16 KiB. */
  GeneralStock(Kmem kmem, long largest) {
    this.kmem = kmem;
    this.largest = largest;
  }

  @Override
  String name() {
    return "general";
  }

  @Override
  long size(SplittableRandom random) {
    int dice = random.nextInt(1024);
    long most = dice < 2 ? largest : dice < 16 ? Math.min(largest, 256 << 10) : 1L << random.nextInt(3, 15);
    return random.nextLong(most + 1);
  }

  @Override
  Item obtain(SplittableRandom random, long size, long tag, AllocMode mode) {
    long address;
    boolean sized = true;
    switch (random.nextInt(16)) {
      case 0 -> {
        address = kmem.allocAligned(size, 8L << random.nextInt(10));
        sized = false;
      }
      case 1 -> {
        address = kmem.allocZeroed(size);
        Cookie.checkZero(address, size);
      }
      default -> address = kmem.alloc(size, mode);
    }
    return address == 0 ? null : new Item(this, address, size, tag, sized);
  }

  @Override
  void release(Item item) {
    if (item.sized() && (item.tag() & 1) == 0) {
      kmem.free(item.address(), item.size());
    } else {
      kmem.free(item.address());
    }
  }

  /** What a broken twin does otherwise. */
  long realloc(long address, long size) {
    return kmem.realloc(address, size);
  }

  @Override
  Item resize(Item item, SplittableRandom random) {
    long size = size(random);
    Cookie.check(item.address(), item.size(), item.tag());
    long moved = realloc(item.address(), size);
    Cookie.checkPrefix(moved, Math.min(size, item.size()), item.tag());
    Cookie.put(moved, size, item.tag());
    return new Item(this, moved, size, item.tag(), false);
  }
}
