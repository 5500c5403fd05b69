package dev.slablab.bench.subject;

import module java.base;
import org.jspecify.annotations.Nullable;

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

  private static final MethodHandle MEMALIGN =
      link("memalign", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle REALLOC =
      link("realloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle USABLE =
      link("malloc_usable_size", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

  private static final @Nullable String USED = System.getProperty(LIBRARY);

  private NativeMalloc() {}

  /** All calls of a JVM go to one library: that which {@value #LIBRARY} named at the first call. */
  static void require(String library) {
    if (!library.equals(USED)) {
      throw new IllegalStateException(LIBRARY + " = " + USED + ": in use in this JVM already, not " + library);
    }
  }

  @SuppressWarnings("restricted") // functions with known signatures
  private static MethodHandle link(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(find("mi_" + name).or(() -> find(name)).orElseThrow(), type,
        Linker.Option.critical(false));
  }

  @SuppressWarnings("restricted")
  private static Optional<MemorySegment> find(String name) {
    String library = System.getProperty(LIBRARY);
    return (library == null ? Linker.nativeLinker().defaultLookup()
        : SymbolLookup.libraryLookup(library, Arena.global())).find(name);
  }

  public static long malloc(long size) {
    try {
      return check((long) MALLOC.invokeExact(size), size);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Allocates memory that reads as zero. */
  public static long calloc(long size) {
    try {
      return check((long) CALLOC.invokeExact(1L, size), size);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  public static void free(long address) {
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Allocates at a multiple of an alignment, a power of two. */
  public static long memalign(long alignment, long size) {
    try {
      return check((long) MEMALIGN.invokeExact(alignment, size), size);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Changes a block's size; it may move. */
  public static long realloc(long address, long size) {
    try {
      // realloc(p, 0) may be free: one byte keeps the block.
      return check((long) REALLOC.invokeExact(address, Math.max(size, 1)), size);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** {@return how many bytes a block has room for} */
  public static long usableSize(long address) {
    try {
      return (long) USABLE.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Has the allocator return what it does not need, if it can be told ({@code malloc_trim}, {@code mi_collect}). */
  @SuppressWarnings("restricted")
  public static void giveBack() {
    Linker linker = Linker.nativeLinker();
    try {
      Optional<MemorySegment> collect = find("mi_collect");
      Optional<MemorySegment> trim = find("malloc_trim");
      if (collect.isPresent()) {
        linker.downcallHandle(collect.get(), FunctionDescriptor.ofVoid(ValueLayout.JAVA_BOOLEAN)).invokeExact(true);
      } else if (trim.isPresent()) {
        int _ = (int) linker.downcallHandle(trim.get(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG)).invokeExact(0L);
      }
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
