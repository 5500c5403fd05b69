package dev.slablab.bench.suite;

import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.*;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Is 16 KiB the right size to change from the Linux slab to the SPL's own?
 *
 * <p><b>Workload:</b> {@link #pair}, a ring of 64 live objects, which magazines serve; {@link #bursts}, deeper than any
 * magazine, which the slabs serve.
 * <br><b>Hypothesis:</b> the pair does not care. Below some size the Linux slab wastes less and its bursts take less
 * time, above it the SPL's exact slabs do; the limit belongs where the two cross, and 16 KiB is a guess.
 * <br><b>Baseline:</b> {@code spl_kmem_cache_slab_limit=65536}, the Linux slab, at the same size.
 * <br><b>Refuted</b> if at no size time or memory differ between limits on either side of it.
 * <br><b>Memory:</b> {@code mem.waste}, {@code mem.peak}, {@code mem.held} and {@code mem.pagecalls.norm} beside the
 * time.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep SlabLimit} (either slab at sizes around the limit), {@code
 * SlabLimitSmall} (small ones), {@code SlabLimitCut} (the limit itself, for blocks of many sizes).
 */
@State(Scope.Thread)
public class SlabLimit extends Suite {
  private @Nullable Ring ring;
  private @Nullable Bursts bursts;

  @Setup
  public void setUp(Shared shared, BenchmarkParams params) {
    if (params.getBenchmark().endsWith("pair")) {
      ring = new Ring(shared);
    } else {
      bursts = new Bursts(shared, shared.burst);
    }
  }

  /** {@return the slot: the pair} */
  @Benchmark
  @SuppressWarnings("NullAway") // set up
  public int pair() {
    return ring.turn();
  }

  /** {@return the burst: bursts of pairs} */
  @Benchmark @OperationsPerInvocation(Bursts.PAIRS)
  @SuppressWarnings("NullAway") // set up
  public int bursts() {
    return bursts.run();
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    if (ring != null) {
      ring.close();
    }
    if (bursts != null) {
      bursts.close();
    }
  }

  /** The allocator of all threads. */
  @State(Scope.Benchmark)
  public static class Shared extends SubjectState {
    /** Who allocates; peers have no such limit, but may be put beside. */
    @Param("SLABLAB") public String subject = "";

    /** Bytes of an object. */
    @Param({"4096", "8192", "16384", "16385", "32768", "65536"}) public int size;

    /** Objects allocated before the first is freed, a power of two. */
    @Param("512") public int burst;

    /** The question. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param({"0", "16384", "65536"}) public String spl_kmem_cache_slab_limit = "";

    @Setup
    public void setUp(BenchmarkParams params) {
      open(subject, size, params.getBenchmark().endsWith("pair") ? Ring.SLOTS : burst, false);
    }
  }
}
