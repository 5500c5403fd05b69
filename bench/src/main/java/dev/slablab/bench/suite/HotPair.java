package dev.slablab.bench.suite;

import org.openjdk.jmh.annotations.*;

/**
 * What does a pair of free and alloc cost when all goes well?
 *
 * <p><b>Workload:</b> each thread frees one of a ring of 64 live objects and allocates its successor. The memory itself
 * is not touched.
 * <br><b>Hypothesis:</b> a slab cache's pair costs the same from 64 B to 1 MiB, since it moves an address; it beats
 * every peer from 16 KiB up, and those that zero their memory in proportion to the size.
 * <br><b>Baseline:</b> {@code subject=SLABLAB} at the same size; the floor is {@link Floor#slotTable}.
 * <br><b>Refuted</b> if Slablab's time grows with the size, or a peer's interval lies below it at 16 KiB or more.
 * <br><b>Not shown:</b> the price of refilling from slabs (see {@link MagazineSize}), page faults, growth.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar HotPair -p size=64,16384}; more threads with {@code -t}.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets up before it runs
public class HotPair extends Suite {
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
    @Param({"SLABLAB", "SLABLAB_SEGMENT", "HEAP", "DIRECT", "ARENA", "NATIVE_MALLOC", "NETTY_POOLED", "NETTY_ADAPTIVE"})
    public String subject = "";

    /** Bytes of an object. */
    @Param({"64", "1024", "16384", "65536", "1048576"})
    public int size;

    @Setup
    public void setUp() {
      open(subject, size, Ring.SLOTS, false);
    }
  }
}
