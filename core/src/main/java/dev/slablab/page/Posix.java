package dev.slablab.page;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * The system calls the page source needs. Linux only: elsewhere the constants differ, {@code MADV_DONTNEED} does not
 * drop pages, and the {@link Arena} page source serves. So it does with {@code -Dslablab.test.without.mmap=true}.
 */
record Posix(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise, MethodHandle mincore, int pageSize) {
  private static final int PROT_READ_WRITE = 0x1 | 0x2;
  private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x02 | 0x20 | 0x4000;
  static final int MADV_DONTNEED = 4;
  static final int MADV_HUGEPAGE = 14;
  static final int MADV_NOHUGEPAGE = 15;
  private static final int SC_PAGESIZE = 30;

  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  /** Null where this platform is not ours. */
  static final @Nullable Posix INSTANCE = link();

  private static @Nullable Posix link() {
    if (Boolean.getBoolean("slablab.test.without.mmap")
        || !System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux")) {
      return null;
    }
    ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
    ValueLayout.OfInt number = ValueLayout.JAVA_INT;
    Linker.Option errno = Linker.Option.captureCallState("errno");
    try {
      long pageSize = (long) handle("sysconf", FunctionDescriptor.of(word, number)).invokeExact(SC_PAGESIZE);
      return new Posix(handle("mmap", FunctionDescriptor.of(word, word, word, number, number, number, word), errno),
          handle("munmap", FunctionDescriptor.of(number, word, word), errno),
          handle("madvise", FunctionDescriptor.of(number, word, word, number), errno),
          handle("mincore", FunctionDescriptor.of(number, word, word, ValueLayout.ADDRESS), errno), (int) pageSize);
    } catch (Throwable e) { // no linker, no symbol, native access denied: all mean "not here"
      return null;
    }
  }

  @SuppressWarnings("restricted") // the purpose of this class
  private static MethodHandle handle(String name, FunctionDescriptor type, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
  }

  /** Reserves address space; 0 when the kernel refuses. */
  long map(long bytes) {
    return Math.max(0, call(errno -> (long) mmap.invokeExact(errno, 0L, bytes, PROT_READ_WRITE,
        MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0L)));
  }

  void unmap(long address, long bytes) {
    check("munmap", call(errno -> (int) munmap.invokeExact(errno, address, bytes)));
  }

  /** Returns 0 or errno: some advice is optional in a kernel's configuration. */
  int advise(long address, long bytes, int advice) {
    return (int) -call(errno -> (int) madvise.invokeExact(errno, address, bytes, advice));
  }

  /** Counts the resident pages of a range, 64 Ki pages at a time. */
  long residentPages(long address, long pages) {
    int step = 1 << 16;
    long resident = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bits = arena.allocate(step);
      for (long page = 0; page < pages; page += step) {
        long from = address + page * pageSize;
        int n = (int) Math.min(step, pages - page);
        check("mincore", call(errno -> (int) mincore.invokeExact(errno, from, (long) n * pageSize, bits)));
        for (int i = 0; i < n; i++) {
          resident += bits.get(ValueLayout.JAVA_BYTE, i) & 1;
        }
      }
    }
    return resident;
  }

  private interface Call {
    long with(MemorySegment errno) throws Throwable;
  }

  /** The result of a call, or -errno, as the kernel itself returns it: -1 stands for failure in all of ours. */
  private static long call(Call call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result = call.with(state);
      return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(String call, long result) {
    if (result != 0) {
      throw new IllegalStateException(call + " failed, errno = " + -result);
    }
  }
}
