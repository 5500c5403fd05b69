package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.*;
import dev.slablab.page.Memory;
import dev.slablab.spec.*;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.openjdk.jmh.annotations.*;

/**
 * How long does an allocation take that finds no slab (goal P7)?
 *
 * <p><b>Workload:</b> callers allocate 20,000 objects together from an empty cache, each allocation timed by itself;
 * those during which pages were obtained are the ones that entered growth (or, with several callers, ran beside one).
 * Then everything is proved, freed and reaped.
 * <br><b>Hypothesis:</b> the 99th percentile lies at most 100 µs above that of a loop which only looks at the clock, and
 * no growth is called deadlocked. Growth in the caller is faster than in a task thread, since nobody is woken. A
 * constructor per slab makes growth longer, one per allocation does not.
 * <br><b>Baseline:</b> {@code stall_p99}: the same clock around a spin of two microseconds, in the same iteration.
 * <br><b>Refuted</b> if {@code grow_p99 - stall_p99} exceeds 100 µs in the upper end over ≥ 8 rounds, or deadlocks ≠ 0.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep Growth} (who grows, how many of them, constructors,
 * callers). All figures in nanoseconds.
 */
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 5)
@Measurement(iterations = 5)
public class Growth extends Suite {
  private static final int OBJECTS = 20_000;
  private static final long SPIN_NANOS = 2_000;

  @Benchmark
  public void burst(Cache cache, Tail tail) {
    try (ExecutorService callers = Executors.newFixedThreadPool(cache.callers)) {
      for (int caller = 1; caller < cache.callers; caller++) {
        int from = caller;
        callers.execute(() -> cache.allocate(from));
      }
      cache.allocate(0);
    }
    double[] grows = Arrays.stream(cache.nanos).filter(nanos -> nanos > 0).toArray();
    if (grows.length == 0 || LongStream.of(cache.objects).anyMatch(object -> object == 0)) {
      throw new IllegalStateException("grows = " + grows.length + ": the burst found slabs, or a caller failed");
    }
    Percentile percentile = new Percentile();
    percentile.setData(grows);
    tail.grows = grows.length;
    tail.grow_p50 = percentile.evaluate(50);
    tail.grow_p99 = percentile.evaluate(99);
    tail.grow_max = percentile.evaluate(100);
    tail.stall_p99 = stall(grows.length);
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

    /** Threads that allocate. */
    @Param("1")
    public int callers;

    /** When a constructor, which writes a word, runs: NONE, PER_ALLOCATION, PER_SLAB. */
    @Param("NONE")
    public String construct = "";

    private final long[] objects = new long[OBJECTS];
    private final double[] nanos = new double[OBJECTS];
    private Kmem kmem;
    private KmemCache cache;

    @Setup
    public void setUp() {
      kmem = Kmem.builder().tunables(tunables()).build();
      CacheSpec spec = CacheSpec.of("burst", size).flags(CacheFlag.KVMEM);
      cache = kmem.createCache(construct.equals("NONE") ? spec : spec.hooks((object, _, _) -> Memory.putLong(object, 1),
          null, null, ConstructorPlacement.valueOf(construct)));
    }

    /** Every so manieth object; 0 stands for an allocation that entered no growth. */
    private void allocate(int from) {
      for (int i = from; i < OBJECTS; i += callers) {
        long held = kmem.heldBytes();
        long start = System.nanoTime();
        objects[i] = cache.alloc();
        long time = System.nanoTime() - start;
        nanos[i] = kmem.heldBytes() != held ? time : 0;
      }
    }

    /** Proves that no two objects are one, and empties the cache for the next burst. */
    @TearDown(Level.Iteration)
    public void empty() {
      for (int i = 0; i < OBJECTS; i++) {
        Memory.putLong(objects[i], i);
      }
      for (int i = 0; i < OBJECTS; i++) {
        if (Memory.getLong(objects[i]) != i) {
          throw new IllegalStateException("object = " + i + ": shares its memory with another");
        }
        cache.free(objects[i]);
        objects[i] = 0;
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
    /** The longest, ns. */
    public double grow_max;
    /** The 99th percentile of the stall control, ns. */
    public double stall_p99;
    /** Growths given up waiting for, so far. */
    public double deadlocks;
  }
}
