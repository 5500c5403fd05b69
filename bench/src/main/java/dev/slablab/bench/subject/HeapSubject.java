package dev.slablab.bench.subject;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@code new byte[]}, always zeroed. Its price is paid in two places: here, and in the collector's threads, which share
 * the machine with the benchmark; read the time together with {@code gc.alloc.rate.norm} and {@code gc.time}.
 */
final class HeapSubject implements Subject {
  private final Shape shape;
  private final int size;
  private final byte[] @Nullable [] live;

  HeapSubject(Shape shape) {
    this.shape = shape;
    size = shape.size();
    live = new byte[shape.slots()][];
  }

  @Override
  public void alloc(int slot) {
    live[slot] = new byte[size];
  }

  @Override
  public void free(int slot) {
    live[slot] = null;
  }

  @Override
  public MemorySegment memory(int slot) {
    return MemorySegment.ofArray(live[slot]);
  }

  @Override
  public Subject view() {
    return new HeapSubject(shape);
  }
}
