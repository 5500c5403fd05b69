package dev.slablab.bench.subject;

import module java.base;
import dev.slablab.*;
import dev.slablab.spec.*;
import io.netty.buffer.*;
import java.lang.management.*;
import org.jspecify.annotations.Nullable;

/**
 * The allocators under test. Heap, direct buffers and arenas always zero their memory; the others only when asked to.
 * A library may be missing: {@link #checkAvailable} says so.
 */
public enum SubjectKind {
  /** Slablab, addresses: a cache where all objects have one size, else general-purpose allocation. */
  SLABLAB(true),
  /** General-purpose allocation with blocks of at most 16 KiB from the Linux slab, in Linux's classes. */
  SLABLAB_LINUX(true),
  /** Slablab, segments: checked bounds. */
  SLABLAB_SEGMENT(false),
  /** Slablab behind a handle shaped like a ByteBuf. */
  SLABLAB_BUF(false),
  /** {@code new byte[]}; freed by forgetting it. */
  HEAP(true),
  /** {@code ByteBuffer.allocateDirect}; freed by forgetting it, as there is no other documented way. */
  DIRECT(false),
  /** An {@code Arena} per object: {@code ofConfined}, and {@code ofShared} where another thread frees. */
  ARENA(true),
  /** {@code Arena.ofShared} per object: every close is a handshake with all threads. */
  ARENA_SHARED(false),
  /** {@code Arena.ofAuto} per object; freed by forgetting it. */
  ARENA_AUTO(false),
  /** A slicing allocator over one block, begun anew at its end. */
  SLICING(false),
  /** {@code malloc} and {@code free} of the C library by critical downcalls, or what is preloaded. */
  NATIVE_MALLOC(true),
  /** mimalloc, by its own names. */
  MIMALLOC(true, "libmimalloc.so.2", "mimalloc 2 (Debian and Ubuntu: apt-get install libmimalloc2.0)"),
  /** jemalloc; most builds want more thread-local storage than glibc leaves to libraries loaded later. */
  JEMALLOC(true, "libjemalloc.so.2", "jemalloc (Debian and Ubuntu: apt-get install libjemalloc2) and set"
      + " GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384"),
  /** Netty's {@code PooledByteBufAllocator}, direct. */
  NETTY_POOLED(true),
  /** Netty's {@code AdaptiveByteBufAllocator}, direct. */
  NETTY_ADAPTIVE(true),
  /** Netty's {@code UnpooledByteBufAllocator}, direct. */
  NETTY_UNPOOLED(true);

  private final boolean anySize;
  private final @Nullable String library;
  private final String install;

  SubjectKind(boolean anySize) {
    this(anySize, null, "");
  }

  SubjectKind(boolean anySize, @Nullable String library, String install) {
    this.anySize = anySize;
    this.library = library;
    this.install = install;
  }

  /** {@return those that serve objects of any size in any order, as a replay needs} */
  public static List<SubjectKind> general() {
    return Arrays.stream(values()).filter(kind -> kind.anySize).toList();
  }

  /** {@return the subject of a name, one of those that are legal} */
  public static SubjectKind of(String name, List<SubjectKind> legal) {
    String wanted = name.strip().toUpperCase(Locale.ROOT).replace('-', '_');
    return legal.stream().filter(kind -> kind.name().equals(wanted)).findFirst().orElseThrow(() ->
        new IllegalArgumentException("subject = " + name + ": must be one of " + legal));
  }

  /** {@return an allocator with an empty table} */
  public Subject open(Shape shape) {
    return switch (this) {
      case SLABLAB -> shape.size() > 0 ? AddressSubject.cached(shape) : general(kmem(shape), shape);
      case SLABLAB_LINUX -> general(Kmem.builder().tunables(shape.tunables().with(Tunable.GENERAL_SLAB_LIMIT, 16 << 10)
          .with(Tunable.GENERAL_CLASSES, 0)).build(), shape);
      case SLABLAB_SEGMENT -> {
        Kmem kmem = kmem(shape);
        KmemCache cache = kmem.createCache(CacheSpec.of("bench-" + shape.size(), shape.size()));
        yield new ObjectSubject<>(Handles.segments(cache), AddressSubject.of(kmem, cache), shape);
      }
      case SLABLAB_BUF -> {
        Kmem kmem = kmem(shape);
        yield new ObjectSubject<>(Handles.buffers(kmem), general(kmem, shape).outside(), shape);
      }
      case HEAP -> new ObjectSubject<>(Handles.heap(), Subject.Outside.NONE, shape);
      case DIRECT -> new ObjectSubject<>(Handles.direct(), Subject.Outside.telling(Map::of, SubjectKind::directBuffers,
          () -> { }), shape);
      case ARENA -> new ObjectSubject<>(Handles.arenas(false), Subject.Outside.NONE, shape);
      case ARENA_SHARED -> new ObjectSubject<>(Handles.arenas(true), Subject.Outside.NONE, shape);
      case ARENA_AUTO -> new ObjectSubject<>(Handles.auto(), Subject.Outside.NONE, shape);
      case SLICING -> new ObjectSubject<>(() -> Handles.slices(shape), Subject.Outside.NONE, shape);
      case NATIVE_MALLOC, MIMALLOC, JEMALLOC -> {
        if (library != null) {
          String _ = System.setProperty(NativeMalloc.LIBRARY, library);
          NativeMalloc.require(library);
        }
        yield AddressSubject.malloc(shape);
      }
      case NETTY_POOLED -> netty(NettyAllocators.pooled(), shape);
      case NETTY_ADAPTIVE -> netty(NettyAllocators.adaptive(), shape);
      case NETTY_UNPOOLED -> netty(new UnpooledByteBufAllocator(true), shape);
    };
  }

  private static Kmem kmem(Shape shape) {
    return Kmem.builder().tunables(shape.tunables()).build();
  }

  /** {@return general-purpose allocation of an instance, which the subject closes} */
  public static Subject general(Kmem kmem, Shape shape) {
    return AddressSubject.general(kmem, shape);
  }

  private static Subject netty(ByteBufAllocator allocator, Shape shape) {
    return new ObjectSubject<>(Handles.netty(allocator), Subject.Outside.telling(
        () -> Map.of("heldBytes", NettyAllocators.held(allocator)), () -> MemoryUse.of(NettyAllocators.held(allocator)),
        () -> { }), shape);
  }

  private static MemoryUse directBuffers() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct")).findFirst().map(pool -> MemoryUse.of(pool.getMemoryUsed()))
        .orElse(MemoryUse.UNKNOWN);
  }

  /** {@return whether malloc can be called and answers} */
  public static boolean hasMalloc() {
    try {
      NativeMalloc.free(NativeMalloc.malloc(64));
      return true;
    } catch (Throwable e) { // no linker, library or symbol, native access denied: all mean "not here"
      return false;
    }
  }

  /** Throws, with what to do, when this subject's library cannot be loaded here. */
  public void checkAvailable() {
    String other = this == NATIVE_MALLOC ? System.getProperty(NativeMalloc.LIBRARY) : null;
    if (library != null) {
      check("subject = " + this, library, "install " + install + ", or leave the subject out");
    } else if (other != null) {
      check(NativeMalloc.LIBRARY + " = " + other, other, "give another's name or path, or none for the C library");
    }
  }

  @SuppressWarnings("restricted") // loads and unloads a library
  static void check(String what, String library, String remedy) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup _ = SymbolLookup.libraryLookup(library, arena);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(what + ": must be a library that can be loaded here, and " + library
          + " cannot; " + remedy, e);
    }
  }
}
