package dev.slablab.bench.subject;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A native allocator by critical downcalls, addresses as {@code long}: no thread-state transition, the cheapest call
 * there is. The price is that the JVM cannot reach a safepoint while it asks the kernel for memory.
 *
 * <p>It is the C library's, or what is preloaded ({@code LD_PRELOAD}); {@value #LIBRARY} names another library, for
 * instance {@code libmimalloc.so.2}, whose own names ({@code mi_malloc}) are then used.
 */
public final class NativeMalloc {
  /** System property: the library to use instead of the C library. */
  public static final String LIBRARY = "slablab.lab.malloc";

  private static final MethodHandle MALLOC =
      link("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle CALLOC =
      link("calloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE = link("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

  private NativeMalloc() {}

  @SuppressWarnings("restricted") // functions with known signatures
  private static MethodHandle link(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    String library = System.getProperty(LIBRARY);
    SymbolLookup lookup = library == null ? linker.defaultLookup()
        : SymbolLookup.libraryLookup(library, Arena.global());
    return linker.downcallHandle(lookup.find("mi_" + name).or(() -> lookup.find(name)).orElseThrow(), type,
        Linker.Option.critical(false));
  }

  /**
   * Allocates.
   *
   * @param size bytes
   * @return an address
   */
  public static long malloc(long size) {
    try {
      return check((long) MALLOC.invokeExact(size), size);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Allocates memory that reads as zero.
   *
   * @param size bytes
   * @return an address
   */
  public static long calloc(long size) {
    try {
      return check((long) CALLOC.invokeExact(1L, size), size);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Frees.
   *
   * @param address as allocated
   */
  public static void free(long address) {
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static long check(long address, long size) {
    if (address == 0) {
      throw new OutOfMemoryError("malloc(" + size + ") gave no memory");
    }
    return address;
  }

  private static Error unexpected(Throwable e) {
    return e instanceof Error error ? error : new AssertionError(e); // the calls have no way to throw
  }
}
