package dev.slablab.percpu;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * A small number that threads running at the same time are likely to differ in. {@code
 * -Dslablab.test.without.sched_getcpu=true}: as where the C library has none.
 */
public final class CpuIndex {
  /** {@code int sched_getcpu(void)}; null where the C library has none. As a critical call it costs about 3 ns. */
  private static final @Nullable MethodHandle SCHED_GETCPU = link();
  /** 2^64 / golden ratio (Knuth, TAOCP 3, 6.4): spreads the consecutive ids of threads. */
  private static final long FIBONACCI = 0x9E3779B97F4A7C15L;

  private CpuIndex() {}

  @SuppressWarnings("restricted") // a C library function with a known signature
  private static @Nullable MethodHandle link() {
    if (Boolean.getBoolean("slablab.test.without.sched_getcpu")) {
      return null;
    }
    try {
      Linker linker = Linker.nativeLinker();
      MethodHandle handle = linker.downcallHandle(linker.defaultLookup().findOrThrow("sched_getcpu"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT), Linker.Option.critical(false));
      return (int) handle.invokeExact() < 0 ? null : handle;
    } catch (Throwable e) { // no linker, no symbol, native access denied: all mean "not here"
      return null;
    }
  }

  static boolean isSupported() {
    return SCHED_GETCPU != null;
  }

  /** The CPU this thread runs on at this moment, ≥ 0; a hash where that cannot be told. */
  public static int cpu() {
    MethodHandle handle = SCHED_GETCPU;
    try {
      return handle == null ? hash() : (int) handle.invokeExact();
    } catch (Throwable e) {
      throw new AssertionError(e); // the call has no way to throw
    }
  }

  static int hash() {
    return (int) ((Thread.currentThread().threadId() * FIBONACCI) >>> 33);
  }
}
