package dev.slablab.bench.suite;

import org.openjdk.jmh.annotations.*;

/**
 * What does each debug level cost, and what do sampled guards?
 *
 * <p><b>Workload:</b> each thread frees one of a ring of 64 live objects and allocates its successor, by address
 * or by segment, of which alone some are guarded.
 * <br><b>Hypothesis:</b> level 0 without guards costs nothing; level 1 some lookups, whatever the size; level 2 a pass
 * over the object at each end, in proportion to the size; level 3 two stack walks more. A guard costs a handshake of
 * all threads, which even 1 in 1024 shows in a segment's pair; an address's pair costs what it did.
 * <br><b>Baseline:</b> {@code cache_debug=0 guard_sample=0}, same subject and size; whether these are free, only
 * {@link PairGoal} in jars from before and after they came can tell.
 * <br><b>Refuted</b> if level 1 grows with the size, level 2 does not, or a guard rate moves the pair by address.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar DebugCost -p cache_debug=0,2 -p guard_sample=0 -p size=64}.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets up before it runs
public class DebugCost extends Suite {
  private Ring ring;

  @Setup
  public void setUp(Shared shared) {
    ring = new Ring(shared);
  }

  /** {@return the slot: the pair} */
  @Benchmark
  public int pair() {
    return ring.turn();
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    ring.close();
  }

  /** The allocator of all threads. */
  @State(Scope.Benchmark)
  public static class Shared extends SubjectState {
    /** By address, or by segment. */
    @Param({"SLABLAB", "SLABLAB_SEGMENT"}) public String subject = "";

    /** Bytes of an object. */
    @Param({"64", "16384"}) public int size;

    /** The question. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param({"0", "1", "2", "3"}) public String cache_debug = "";

    /** The other question. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param({"0", "1024", "16"}) public String guard_sample = "";

    @Setup
    public void setUp() {
      open(subject, size, Ring.SLOTS, false);
    }
  }
}
