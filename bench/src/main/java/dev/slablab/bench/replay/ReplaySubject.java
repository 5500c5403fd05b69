package dev.slablab.bench.replay;

import module java.base;
import dev.slablab.Kmem;
import dev.slablab.bench.subject.*;
import dev.slablab.spec.*;

/** Who can be replayed against; each in a JVM of its own. */
enum ReplaySubject {
  SLABLAB,
  /** Blocks of at most 16 KiB from the Linux slab, in Linux's classes. */
  SLABLAB_LINUX,
  /** {@code new byte[]}. */
  HEAP,
  /** An {@code Arena} per block. */
  ARENA,
  /** The C library's, or what {@code -Dslablab.lab.malloc} names. */
  NATIVE_MALLOC,
  /** mimalloc, by its own names. */
  MIMALLOC,
  NETTY_POOLED,
  NETTY_ADAPTIVE;

  private static final String MIMALLOC_LIBRARY = "libmimalloc.so.2";

  static ReplaySubject of(String name) {
    try {
      return valueOf(name.strip().toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("subject = " + name + ": must be one of " + Arrays.toString(values()), e);
    }
  }

  /** An allocator and its empty table. */
  Blocks open(Trace trace) {
    return switch (this) {
      case SLABLAB, SLABLAB_LINUX -> slablab(Kmem.create(), trace);
      case HEAP -> new ObjectBlocks<>(Handles.heap(), trace);
      case ARENA -> new ObjectBlocks<>(Handles.arenas(), trace);
      case NATIVE_MALLOC, MIMALLOC -> new AddressBlocks(
          new AddressBlocks.Calls(NativeMalloc::malloc, NativeMalloc::calloc, NativeMalloc::memalign,
              NativeMalloc::realloc, NativeMalloc::free, NativeMalloc::usableSize),
          new AddressBlocks.Outside(() -> -1, NativeMalloc::giveBack, Map::of, () -> { }),
          trace.size, new long[trace.size.length]);
      case NETTY_POOLED -> new ObjectBlocks<>(Handles.netty(NettyAllocators.pooled()), trace);
      case NETTY_ADAPTIVE -> new ObjectBlocks<>(Handles.netty(NettyAllocators.adaptive()), trace);
    };
  }

  /** Slablab's general-purpose allocation, closing it counts leaks. */
  static Blocks slablab(Kmem kmem, Trace trace) {
    return new AddressBlocks(
        new AddressBlocks.Calls(kmem::alloc, kmem::allocZeroed, (alignment, size) -> kmem.allocAligned(size, alignment),
            kmem::realloc, kmem::free, kmem::usableSize),
        new AddressBlocks.Outside(kmem::residentBytes, kmem::reap, () -> Map.of("heldBytes", kmem.heldBytes(),
            "mostSlabsOfACache",
            kmem.caches().stream().mapToLong(cache -> cache.stats().slabs().total()).max().orElse(0),
            "cpus", kmem.cpus()), () -> {
              kmem.verify();
              kmem.close();
            }),
        trace.size, new long[trace.size.length]);
  }

  /** What the JVM that runs this subject must be started with. */
  List<String> jvmArgs() {
    return switch (this) {
      case MIMALLOC -> List.of("-D" + NativeMalloc.LIBRARY + "=" + MIMALLOC_LIBRARY);
      case SLABLAB_LINUX -> List.of("-D" + Tunables.PREFIX + Tunable.GENERAL_SLAB_LIMIT.key() + "=16K",
          "-D" + Tunables.PREFIX + Tunable.GENERAL_CLASSES.key() + "=0");
      default -> List.of();
    };
  }

  void checkAvailable() {
    if (this == MIMALLOC) {
      checkLibrary(MIMALLOC_LIBRARY);
    }
  }

  @SuppressWarnings("restricted") // loads and unloads a library
  static void checkLibrary(String library) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup _ = SymbolLookup.libraryLookup(library, arena);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("subject = " + MIMALLOC + ": " + library + " cannot be loaded; install "
          + "mimalloc 2 (Debian and Ubuntu: apt-get install libmimalloc2.0), or leave it out", e);
    }
  }
}
