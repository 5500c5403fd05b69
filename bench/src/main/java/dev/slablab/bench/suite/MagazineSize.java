package dev.slablab.bench.suite;

import org.openjdk.jmh.annotations.*;

/**
 * How large should a magazine be? The original calls its sizes a guess.
 *
 * <p><b>Workload:</b> each thread allocates {@code burst} objects, then frees them in the same order; the score is the
 * time of one alloc with its free.
 * <br><b>Hypothesis:</b> a magazine pays until it is as deep as the burst, and only holds memory back beyond; under
 * threads ({@code -t}) a small one costs more, since every refill takes the cache's list lock.
 * <br><b>Baseline:</b> {@code spl_kmem_cache_magazine_size=0} (by object size) at the same burst.
 * <br><b>Refuted</b> if a magazine shallower than half the burst is as fast as one as deep.
 * <br><b>Memory:</b> {@code mem.retained} beside the time: free objects in magazines.
 * <br><b>Also:</b> {@code slab.refills.norm}, refills of a pair, which the allocator does not count: by one run of
 * bursts outside the time, each thread alone; {@code slab.grows.norm}, slabs built. Waits for the list lock: {@code
 * profile MagazineSize --event lock -t 4 -p burst=512 -p spl_kmem_cache_magazine_size=2 -p magazine_depot=0 --out DIR}.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep MagazineSize} (size × object size × burst × threads); one
 * cell {@code MagazineSize -p burst=512 -p spl_kmem_cache_magazine_size=64 -t 2}.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets up before it runs
public class MagazineSize extends Suite {
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
    /** Who allocates; peers have no magazine size, but may be put beside. */
    @Param("SLABLAB") public String subject = "";

    /** Bytes of an object. */
    @Param("1024") public int size;

    /** Objects allocated before the first is freed, a power of two. */
    @Param({"8", "64", "512"}) public int burst;

    /** The question. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param({"0", "2", "4", "8", "16", "32", "64", "128", "256"}) public String spl_kmem_cache_magazine_size = "";

    /** The question is the SPL's. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param("0") public String spl_kmem_cache_slab_limit = "";

    @Setup
    public void setUp() {
      open(subject, size, burst, false);
    }
  }
}
