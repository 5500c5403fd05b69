package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.FuzzModel.Block;
import dev.slablab.spec.AllocMode;

/** What a fuzzed history does to general allocation. */
final class FuzzGeneral {
  private final FuzzWorld world;

  FuzzGeneral(FuzzWorld world) {
    this.world = world;
  }

  private static long size(int exponent, int low) {
    int bits = exponent % 19;
    return bits == 0 ? 0 : (1L << (bits - 1)) + low % (1L << (bits - 1));
  }

  void alloc(FuzzOp op) {
    if (world.model.isFull()) {
      return;
    }
    long size = size(op.a(), op.b());
    long align = op.c() % 8 == 7 ? 8L << (op.c() >> 3) % 13 : 8;
    boolean zeroed = op.c() % 8 == 6;
    AllocMode mode = zeroed || align > 8 ? AllocMode.SLEEP : FuzzWorld.MODES[(op.c() >> 3) % FuzzWorld.MODES.length];
    world.tell("var o%d = kmem.%s;", world.model.next(), zeroed ? "allocZeroed(" + size + ")"
        : align > 8 ? "allocAligned(" + size + ", " + align + ")" : "alloc(" + size + ", AllocMode." + mode + ")");
    long address = world.obtain(mode, () -> zeroed ? world.kmem.allocZeroed(size)
        : align > 8 ? world.kmem.allocAligned(size, align) : world.kmem.alloc(size, mode));
    if (address != 0) {
      if (zeroed) {
        Cookie.checkZero(address, size);
      }
      long usable = world.kmem.usableSize(address);
      assertTrue(usable >= size, () -> "usable: " + usable + " of " + size);
      world.model.add(null, address, size, align, align == 8);
    }
  }

  void realloc(FuzzOp op) {
    int at = world.model.blocks.isEmpty() ? -1 : world.model.find(null, op.a());
    if (at < 0) {
      return;
    }
    Block block = world.model.blocks.get(at);
    long size = size(op.b(), op.c());
    world.tell("var o%d = kmem.realloc(%s, %d);", world.model.next(), block.name(), size);
    long address = world.obtain(AllocMode.SLEEP, () -> world.kmem.realloc(block.address(), size));
    if (address != 0) {
      Cookie.checkPrefix(address, Math.min(size, block.size()), block.tag());
      world.model.moved(world.model.blocks.indexOf(block)); // a reclaim callback may have freed others
      world.model.add(null, address, size, 8, false);
    }
  }
}
