package dev.slablab.bench.suite;

import dev.slablab.*;
import dev.slablab.spec.*;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.openjdk.jmh.annotations.*;

/**
 * Goal P7: how long does an allocation take that finds no slab?
 *
 * <p><b>Workload:</b> one thread allocates 20,000 objects from an empty cache, each allocation timed by itself; those
 * during which pages were obtained are the ones that entered growth. Then everything is freed and reaped.
 * <br><b>Hypothesis:</b> the 99th percentile lies at most 100 µs above that of a loop which only looks at the clock,
 * and no growth is called deadlocked. Growth in the caller is faster than in a task thread, since nobody is woken.
 * <br><b>Baseline:</b> {@code stall_p99}: the same clock around a spin of two microseconds, in the same iteration.
 * <br><b>Refuted</b> if {@code grow_p99 - stall_p99} exceeds 100 µs in the upper end over ≥ 8 rounds, or deadlocks ≠ 0.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar GrowthTail -p grow_in_caller=0,1}. All figures in nanoseconds.
 */
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 5)
@Measurement(iterations = 5)
public class GrowthTail extends Suite {
  private static final int OBJECTS = 20_000;
  private static final long SPIN_NANOS = 2_000;

  @Benchmark
  public void burst(Cache cache, Tail tail) {
    double[] grows = new double[OBJECTS];
    int n = 0;
    for (int i = 0; i < OBJECTS; i++) {
      long held = cache.kmem.heldBytes();
      long start = System.nanoTime();
      cache.objects[i] = cache.cache.alloc();
      long nanos = System.nanoTime() - start;
      if (cache.kmem.heldBytes() != held) {
        grows[n++] = nanos;
      }
    }
    if (n == 0) {
      throw new IllegalStateException("grows = 0: the burst found slabs, nothing was measured");
    }
    tail.grows = n;
    Percentile percentile = new Percentile();
    percentile.setData(grows, 0, n);
    tail.grow_p50 = percentile.evaluate(50);
    tail.grow_p99 = percentile.evaluate(99);
    tail.stall_p99 = stall(n);
    tail.deadlocks = cache.cache.stats().emergency().deadlock();
  }

  /** What the machine itself does to a short piece of work. */
  private static double stall(int n) {
    double[] stalls = new double[n];
    for (int i = 0; i < n; i++) {
      long start = System.nanoTime();
      long now = start;
      while (now - start < SPIN_NANOS) {
        now = System.nanoTime();
      }
      stalls[i] = now - start - SPIN_NANOS;
    }
    return new Percentile().evaluate(stalls, 99);
  }

  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class Cache extends TuningState {
    /** Bytes of an object. */
    @Param({"1024", "16384"})
    public int size;

    private final long[] objects = new long[OBJECTS];
    private Kmem kmem;
    private KmemCache cache;

    @Setup
    public void setUp() {
      kmem = Kmem.builder().tunables(tunables()).build();
      cache = kmem.createCache(CacheSpec.of("burst", size).flags(CacheFlag.KVMEM));
    }

    /** Empties it for the next burst. */
    @TearDown(Level.Iteration)
    public void empty() {
      for (long object : objects) {
        cache.free(object);
      }
      long _ = cache.reap();
      cache.verify();
      if (kmem.heldBytes() != 0) {
        throw new IllegalStateException("held = " + kmem.heldBytes() + ": an empty, reaped cache holds pages");
      }
    }

    @TearDown
    public void tearDown() {
      cache.close();
      kmem.close();
    }
  }

  /** The figures of an iteration. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  @SuppressWarnings("MemberName") // as the reports print them
  public static class Tail {
    /** Allocations that entered growth. */
    public double grows;
    /** Their median, ns. */
    public double grow_p50;
    /** Their 99th percentile, ns. */
    public double grow_p99;
    /** The 99th percentile of the stall control, ns. */
    public double stall_p99;
    /** Growths given up waiting for, so far. */
    public double deadlocks;
  }
}
