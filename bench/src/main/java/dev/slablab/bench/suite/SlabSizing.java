package dev.slablab.bench.suite;

import org.openjdk.jmh.annotations.*;

/**
 * How many objects should a slab have? The original's answer is 8.
 *
 * <p><b>Workload:</b> bursts deeper than any magazine, so that slabs come and go: each thread allocates {@code burst}
 * objects, then frees them; the score is the time of one alloc with its free.
 * <br><b>Hypothesis:</b> more objects per slab mean fewer page-source calls and less waste in the last page, and with
 * that less time, until slabs are so large that one straggler keeps much memory.
 * <br><b>Baseline:</b> {@code spl_kmem_cache_obj_per_slab=8} at the same size.
 * <br><b>Refuted</b> if calls per pair fall and the time does not.
 * <br><b>Memory:</b> {@code mem.waste} (share of a slab that no object can use), {@code mem.peak} (most bytes of slabs)
 * and {@code mem.pagecalls.norm} (slabs built and returned, per pair); {@code slab.grows.norm}, {@code
 * slab.refills.norm} as {@link MagazineSize} says.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep SlabSizing} (objects per slab; layouts, the Linux slab's
 * orders, huge pages); one cell {@code SlabSizing -p size=1024 -p spl_kmem_cache_obj_per_slab=8}.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets up before it runs
public class SlabSizing extends Suite {
  private Bursts bursts;

  @Setup
  public void setUp(Shared shared) {
    bursts = new Bursts(shared, shared.burst);
  }

  /** {@return the burst: bursts of pairs} */
  @Benchmark @OperationsPerInvocation(Bursts.PAIRS)
  public int bursts() {
    return bursts.run();
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    bursts.close();
  }

  /** The allocator of all threads. */
  @State(Scope.Benchmark)
  public static class Shared extends SubjectState {
    /** Who allocates; peers have no slabs of this kind, but may be put beside. */
    @Param("SLABLAB") public String subject = "";

    /** Bytes of an object. */
    @Param({"64", "1024", "16384", "131072"}) public int size;

    /** Objects allocated before the first is freed, a power of two. */
    @Param("512") public int burst;

    /** The question. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param({"1", "2", "4", "8", "16", "32", "64"}) public String spl_kmem_cache_obj_per_slab = "";

    /** The question is the SPL's. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param("0") public String spl_kmem_cache_slab_limit = "";

    @Setup
    public void setUp() {
      open(subject, size, burst, false);
    }
  }
}
