package dev.slablab.bench.subject;

import dev.slablab.page.Memory;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The C library's {@code malloc} and {@code free} ({@code calloc} where zeroed memory is asked for) by critical
 * downcalls, addresses as {@code long}: no thread-state transition, the cheapest call there is. The price is that the
 * JVM cannot reach a safepoint while malloc asks the kernel for memory. Another malloc may be preloaded
 * ({@code LD_PRELOAD}); {@code doctor} says which one answers. What malloc holds cannot be told apart from what the JVM
 * itself took from it.
 */
public final class MallocSubject implements Subject {
  private static final MethodHandle MALLOC =
      link("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle CALLOC =
      link("calloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE = link("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

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

  @SuppressWarnings("restricted")
  private static MethodHandle link(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, Linker.Option.critical(false));
  }

  /** {@return whether malloc can be called and answers} */
  public static boolean available() {
    try {
      FREE.invokeExact((long) MALLOC.invokeExact(64L));
      return true;
    } catch (Throwable e) { // no linker, no symbol, native access denied: all mean "not here"
      return false;
    }
  }

  @Override
  public void alloc(int slot) {
    try {
      long address = zeroed ? (long) CALLOC.invokeExact(1L, size) : (long) MALLOC.invokeExact(size);
      if (address == 0) {
        throw new OutOfMemoryError("malloc(" + size + ") gave no memory");
      }
      live[slot] = address;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public void free(int slot) {
    try {
      FREE.invokeExact(live[slot]);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static Error unexpected(Throwable e) {
    return e instanceof Error error ? error : new AssertionError(e); // the calls have no way to throw
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
