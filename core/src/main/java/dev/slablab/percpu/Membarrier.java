package dev.slablab.percpu;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * The asymmetric barrier: {@code membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)} makes every running thread of this
 * process pass a full memory barrier, so that the threads on the fast path need none. {@code
 * -Dslablab.test.without.membarrier=true} takes it away, as a sandbox would.
 */
final class Membarrier {
  private static final int PRIVATE_EXPEDITED = 1 << 3;
  private static final int REGISTER_PRIVATE_EXPEDITED = 1 << 4;

  /** {@code long syscall(long, ...)}, registered; null where the barrier is not to be had. */
  private static final @Nullable MethodHandle SYSCALL = link();

  private Membarrier() {}

  private static long number() {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> 324;
      case "aarch64" -> 283;
      default -> -1;
    };
  }

  @SuppressWarnings("restricted") // a C library function with a known signature
  private static @Nullable MethodHandle link() {
    if (Boolean.getBoolean("slablab.test.without.membarrier")
        || !System.getProperty("os.name", "").equals("Linux") || number() < 0) {
      return null;
    }
    try {
      Linker linker = Linker.nativeLinker();
      MethodHandle handle = linker.downcallHandle(linker.defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(1));
      // EPERM (seccomp), ENOSYS, EINVAL: all mean "not here".
      return (long) handle.invokeExact(number(), REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0
          && (long) handle.invokeExact(number(), PRIVATE_EXPEDITED, 0, 0) == 0 ? handle : null;
    } catch (Throwable e) { // no linker, no symbol, native access denied
      return null;
    }
  }

  static boolean isSupported() {
    return SYSCALL != null;
  }

  /** Returns when every other thread of this process has passed a full barrier, or is not running. */
  static void issue() {
    MethodHandle handle = SYSCALL;
    if (Stress.NO_BARRIER) {
      return;
    }
    long result;
    try {
      result = handle == null ? -1 : (long) handle.invokeExact(number(), PRIVATE_EXPEDITED, 0, 0);
    } catch (Throwable e) {
      throw new AssertionError(e); // the call has no way to throw
    }
    if (result != 0) {
      throw new IllegalStateException("membarrier failed after it had been registered");
    }
  }
}
