package dev.slablab.bench.subject;

import dev.slablab.page.Memory;
import java.lang.foreign.MemorySegment;

/**
 * {@link NativeMalloc}, with {@code calloc} where zeroed memory is asked for. {@code doctor} says which malloc answers.
 * What it holds cannot be told apart from what the JVM itself took from it.
 */
public final class MallocSubject implements Subject {
  private final Shape shape;
  private final long size;
  private final boolean zeroed;
  private final long[] live;

  MallocSubject(Shape shape) {
    this.shape = shape;
    size = shape.size();
    zeroed = shape.zeroed();
    live = new long[shape.slots()];
  }

  /** {@return whether malloc can be called and answers} */
  public static boolean available() {
    try {
      NativeMalloc.free(NativeMalloc.malloc(64));
      return true;
    } catch (Throwable e) { // no linker, no symbol, native access denied: all mean "not here"
      return false;
    }
  }

  @Override
  public void alloc(int slot) {
    live[slot] = zeroed ? NativeMalloc.calloc(size) : NativeMalloc.malloc(size);
  }

  @Override
  public void free(int slot) {
    NativeMalloc.free(live[slot]);
  }

  @Override
  public MemorySegment memory(int slot) {
    return Memory.segment(live[slot], size);
  }

  @Override
  public Subject view() {
    return new MallocSubject(shape);
  }
}
