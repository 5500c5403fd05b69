package dev.slablab.bench.suite;

import dev.slablab.*;
import dev.slablab.page.Memory;
import dev.slablab.spec.CacheSpec;
import org.openjdk.jmh.annotations.*;

/**
 * What do expiry and decay give back while nobody allocates, and what does the next burst pay for it?
 *
 * <p><b>Workload:</b> a cache rests, several times {@code cache_delay}; then a burst allocates 2,048 objects, writes to
 * each, and frees them. The score is the time of one alloc, write and free.
 * <br><b>Hypothesis:</b> after ageing nothing is held: every page of the burst comes from the operating system again,
 * a small factor more than objects found in magazines; without it the burst's memory stays. A burst cannot tell MEM
 * from no expiry: MEM is for shortages.
 * <br><b>Baseline:</b> ageing, Slablab's default, at the same size.
 * <br><b>Refuted</b> if the default is as fast as no expiry, or {@code held_rest} is more than 0 bytes with it.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep Expiry} (expire/decay, generations × object size).
 */
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 5)
@Measurement(iterations = 5)
public class Expiry extends Suite {
  private static final int OBJECTS = 2048;

  /** {@return how many objects held what was written} */
  @Benchmark @OperationsPerInvocation(OBJECTS)
  public int burst(Cache cache, Held held) {
    held.held_rest = cache.heldAfterRest;
    long[] objects = cache.objects;
    for (int i = 0; i < OBJECTS; i++) {
      objects[i] = cache.cache.alloc();
      Memory.putLong(objects[i], i);
    }
    int right = 0;
    for (int i = 0; i < OBJECTS; i++) {
      right += Memory.getLong(objects[i]) == i ? 1 : 0;
      cache.cache.free(objects[i]);
    }
    held.held_burst = cache.kmem.heldBytes();
    if (right != OBJECTS) {
      throw new IllegalStateException("right = " + right + ": objects share their memory");
    }
    return right;
  }

  /** A cache of the SPL's, and its rests. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class Cache extends TuningState {
    /** Bytes of an object. */
    @Param({"1024", "16384"}) public int size;

    /** Milliseconds without an operation before each burst. */
    @Param("200") public int rest;

    /** A third of it is the time between two passes. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param("30") public String cache_delay = "";

    /** The question is the SPL's. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param("0") public String spl_kmem_cache_slab_limit = "";

    private final long[] objects = new long[OBJECTS];
    private Kmem kmem;
    private KmemCache cache;
    private double heldAfterRest;

    @Setup
    public void setUp() {
      kmem = Kmem.builder().tunables(tunables()).build();
      cache = kmem.createCache(CacheSpec.of("burst", size));
    }

    /** Rests; what is held then is the memory side. */
    @Setup(Level.Iteration)
    public void rest() throws InterruptedException {
      Thread.sleep(rest);
      heldAfterRest = kmem.heldBytes();
    }

    @TearDown
    public void tearDown() {
      cache.verify();
      cache.close();
      kmem.close();
    }
  }

  /** The figures of an iteration. */
  @AuxCounters(AuxCounters.Type.EVENTS) @State(Scope.Thread)
  @SuppressWarnings("MemberName") // as the reports print them
  public static class Held {
    /** Bytes held after the rest. */
    public double held_rest;
    /** Bytes held when the burst is freed. */
    public double held_burst;
  }
}
