package dev.slablab.bench.suite;

import dev.slablab.bench.buf.*;
import io.netty.buffer.*;

/**
 * A thread's live buffers. Each is stamped at both ends when it is allocated, through its own checked access. The
 * subclasses are alike line by line: a common face of the buffers would be a layer in between.
 */
abstract class LiveTable {
  /** Below, a stamp at either end would overlap the other. */
  private static final int TWO_STAMPS = 2 * Integer.BYTES;

  abstract void alloc(int slot, int size);

  abstract void free(int slot);

  /** The bytes of a live buffer, and whether its stamps are what they were: -1 when they are not. */
  abstract int check(int slot);

  void replace(int slot, int size) {
    free(slot);
    alloc(slot, size);
  }

  /** Checks all stamps: a buffer that shares an end with another, or is too short, does not get past. */
  final long proveAll(int slots) {
    long bytes = 0;
    for (int slot = 0; slot < slots; slot++) {
      int size = check(slot);
      if (size < 0) {
        throw new IllegalStateException("slot = " + slot + ": the buffer's stamps are not what was written");
      }
      bytes += size;
    }
    return bytes;
  }

  /** No allocator: the same driver over a table of numbers. */
  static final class None extends LiveTable {
    private final int[] live;

    None(int slots) {
      live = new int[slots];
    }

    @Override
    void alloc(int slot, int size) {
      live[slot] = size;
    }

    @Override
    void free(int slot) {
      live[slot] ^= slot;
    }

    @Override
    int check(int slot) {
      return live[slot];
    }
  }

  /** Slablab. */
  static final class Slab extends LiveTable {
    private final SlabBufAllocator allocator;
    private final SlabBuf[] live;

    Slab(SlabBufAllocator allocator, int slots) {
      this.allocator = allocator;
      live = new SlabBuf[slots];
    }

    @Override
    void alloc(int slot, int size) {
      SlabBuf buffer = allocator.buffer(size);
      if (size >= TWO_STAMPS) {
        buffer.setInt(0, slot ^ size);
        buffer.setInt(size - Integer.BYTES, slot ^ size);
      } else {
        buffer.setByte(0, slot ^ size);
        buffer.setByte(size - 1, slot ^ size);
      }
      live[slot] = buffer;
    }

    @Override
    void free(int slot) {
      boolean _ = live[slot].release();
    }

    @Override
    int check(int slot) {
      SlabBuf buffer = live[slot];
      int size = buffer.capacity();
      int stamp = slot ^ size;
      boolean right = size >= TWO_STAMPS ? buffer.getInt(0) == stamp && buffer.getInt(size - Integer.BYTES) == stamp
          : buffer.getByte(0) == (byte) stamp && buffer.getByte(size - 1) == (byte) stamp;
      return right && buffer.refCnt() == 1 ? size : -1;
    }
  }

  /** Netty. */
  static final class Netty extends LiveTable {
    private final ByteBufAllocator allocator;
    private final ByteBuf[] live;

    Netty(ByteBufAllocator allocator, int slots) {
      this.allocator = allocator;
      live = new ByteBuf[slots];
    }

    @Override
    void alloc(int slot, int size) {
      ByteBuf buffer = allocator.directBuffer(size, size);
      if (size >= TWO_STAMPS) {
        ByteBuf _ = buffer.setInt(0, slot ^ size);
        ByteBuf _ = buffer.setInt(size - Integer.BYTES, slot ^ size);
      } else {
        ByteBuf _ = buffer.setByte(0, slot ^ size);
        ByteBuf _ = buffer.setByte(size - 1, slot ^ size);
      }
      live[slot] = buffer;
    }

    @Override
    void free(int slot) {
      boolean _ = live[slot].release();
    }

    @Override
    int check(int slot) {
      ByteBuf buffer = live[slot];
      int size = buffer.capacity();
      int stamp = slot ^ size;
      boolean right = size >= TWO_STAMPS ? buffer.getInt(0) == stamp && buffer.getInt(size - Integer.BYTES) == stamp
          : buffer.getByte(0) == (byte) stamp && buffer.getByte(size - 1) == (byte) stamp;
      return right && buffer.refCnt() == 1 ? size : -1;
    }
  }
}
