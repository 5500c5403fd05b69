package dev.slablab.bench.suite;

import org.openjdk.jmh.annotations.*;

/**
 * What does a pair of free and alloc cost beside JVM allocation, malloc and Netty's pooling (goal P9)?
 *
 * <p><b>Workload:</b> each thread frees one of a ring of 64 live objects and allocates its successor. The memory itself
 * is not touched; {@code zeroed=true} makes all of it read as zero. {@code HEAP}, {@code DIRECT} and the {@code ARENA}s
 * zero in any case: the fair comparison with them is Slablab zeroed, the others' with both not. {@link LiveSet}
 * compares buffers of many sizes in kind.
 * <br><b>Hypothesis:</b> unzeroed, a slab cache's pair costs the same from 64 B to 1 MiB, since it moves an address,
 * and beats every peer from 16 KiB up; zeroed, it beats {@code new byte[]} from 1 KiB up under every collector.
 * <br><b>Baseline:</b> {@code subject=SLABLAB} at the same size and zeroing; the floor is {@link Floor#slotTable}.
 * <br><b>Refuted</b> if Slablab's unzeroed time grows with the size, or a peer's interval lies below it at 16 KiB or
 * more, or below Slablab zeroed where it zeroes at 1 KiB or more.
 * <br><b>Peers:</b> Netty as {@link dev.slablab.bench.subject.NettyAllocators} says; without Unsafe
 * {@code -jvmArgs -Dio.netty.noUnsafe=true}, on ordinary threads {@code -jvmArgs -Dslablab.lab.threads=platform}; other
 * collectors {@code -jvmArgs -XX:+UseZGC}. {@code MIMALLOC} and {@code JEMALLOC} where they are installed.
 * <br><b>Memory:</b> {@code mem.process}, the process's own, beside what the allocator says; garbage with {@code -prof
 * gc}.
 * <br><b>Not shown:</b> the price of refilling from slabs (see {@link MagazineSize}), page faults, growth.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep Peers}, {@code PeersZeroed}, {@code PeersCollectors} and
 * {@code PeersNetty}; one cell {@code Peers -p size=64 -p zeroed=true -p subject=HEAP}, threads with {@code -t}.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets up before it runs
public class Peers extends Suite {
  private Ring ring;

  /** Fills this thread's ring. */
  @Setup
  public void setUp(Shared shared) {
    ring = new Ring(shared);
  }

  /** {@return the slot: the pair} */
  @Benchmark
  public int pair() {
    return ring.turn();
  }

  /** Proves and empties the ring. */
  @TearDown(Level.Trial)
  public void tearDown() {
    ring.close();
  }

  /** The allocator of all threads. */
  @State(Scope.Benchmark)
  public static class Shared extends SubjectState {
    /** Who allocates. */
    @Param({"SLABLAB", "SLABLAB_SEGMENT", "SLABLAB_BUF", "HEAP", "DIRECT", "ARENA", "ARENA_SHARED", "ARENA_AUTO",
        "SLICING", "NATIVE_MALLOC", "NETTY_POOLED", "NETTY_ADAPTIVE", "NETTY_UNPOOLED"})
    public String subject = "";

    /** Bytes of an object. */
    @Param({"64", "1024", "16384", "65536", "1048576"}) public int size;

    @Setup
    public void setUp() {
      open(subject, size, Ring.SLOTS, false);
    }
  }
}
