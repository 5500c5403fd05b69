package dev.slablab.percpu;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Spare buffers for refills and flushes, so that these make no garbage. Lock-free; a buffer more or less does no harm.
 */
final class BufferPool {
  /** Slots lie this far apart, and from either end: 128 bytes, so that no two CPUs write to one pair of lines. */
  static final int STRIDE = 32;

  private final int mask;
  private final AtomicReferenceArray<long[]> slots;

  BufferPool(int count) {
    this.mask = (Integer.highestOneBit(count) << 1) - 1;
    this.slots = new AtomicReferenceArray<>(slot(mask) + STRIDE);
  }

  long[] take(int index, int size) {
    long[] buffer = slots.getAndSet(slot(index), null);
    return buffer == null || buffer.length < size ? new long[size] : buffer;
  }

  void give(int index, long[] buffer) {
    slots.setRelease(slot(index), buffer);
  }

  int slot(int index) {
    return ((index & mask) + 1) * STRIDE;
  }

  int length() {
    return slots.length();
  }
}
