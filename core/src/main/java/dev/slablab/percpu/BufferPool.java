package dev.slablab.percpu;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Spare buffers for refills and flushes, so that these make no garbage. Lock-free; a buffer more or less does no harm.
 */
final class BufferPool {
  /** Slots lie this far apart, so that two CPUs do not share a cache line. */
  private static final int STRIDE = 32;

  private final AtomicReferenceArray<long[]> slots;

  BufferPool(int count) {
    this.slots = new AtomicReferenceArray<>((Integer.highestOneBit(count) << 1) * STRIDE);
  }

  long[] take(int index, int size) {
    long[] buffer = slots.getAndSet(slot(index), null);
    return buffer == null || buffer.length < size ? new long[size] : buffer;
  }

  void give(int index, long[] buffer) {
    slots.setRelease(slot(index), buffer);
  }

  private int slot(int index) {
    return (index * STRIDE) & (slots.length() - 1);
  }
}
