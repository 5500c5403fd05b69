package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.*;
import dev.slablab.page.*;
import dev.slablab.spec.*;
import org.HdrHistogram.Histogram;
import org.openjdk.jmh.annotations.*;

/**
 * How long does an allocation take that finds no slab (goal P7), and what if the page source is slow or stalls?
 *
 * <p><b>Workload:</b> callers allocate 20,000 objects together from empty caches, each allocation timed by itself
 * ({@code alloc_}); those during which pages were obtained are the ones that entered growth ({@code grow_}; with
 * several callers, or ran beside one). Then everything is proved, freed and reaped. A cache builds one slab at a time:
 * more grow threads than caches have nothing to do.
 * <br><b>Hypothesis:</b> the 99th percentile lies at most 100 µs above that of a loop that only looks at the clock, and
 * no growth is called deadlocked. Growth in the caller is faster than in a task thread, since nobody is woken. A
 * constructor per slab makes growth longer, one per allocation does not. Of a source that stalls for longer than 100 ms
 * a task thread keeps the callers that tenth of a second only; a slow one keeps many caches as long as there are too
 * few threads.
 * <br><b>Baseline:</b> {@code stall_p99}: the same clock around a spin of two microseconds, in the same iteration.
 * <br><b>Refuted</b> if {@code grow_p99 - stall_p99} exceeds 100 µs in the upper end over ≥ 8 rounds, or deadlocks ≠ 0.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep Growth} (who grows, how many of them, constructors,
 * callers) and {@code GrowthStalled}. All figures in nanoseconds.
 */
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 5)
@Measurement(iterations = 5)
public class Growth extends Suite {
  private static final int OBJECTS = 20_000;
  private static final long SPIN_NANOS = 2_000;

  @Benchmark
  public void burst(Cache cache, Tail tail) {
    long deadlocks = cache.deadlocks();
    try (ExecutorService callers = Executors.newFixedThreadPool(cache.callers)) {
      for (int caller = 1; caller < cache.callers; caller++) {
        int from = caller;
        callers.execute(() -> cache.allocate(from));
      }
      cache.allocate(0);
    }
    Histogram all = new Histogram(3);
    Histogram grows = new Histogram(3);
    for (long time : cache.nanos) {
      all.recordValue(Math.abs(time));
      if (time > 0) {
        grows.recordValue(time);
      }
    }
    if (grows.getTotalCount() == 0 || LongStream.of(cache.objects).anyMatch(object -> object == 0)) {
      throw new IllegalStateException("grows = " + grows.getTotalCount() + ": it found slabs, or a caller failed");
    }
    tail.grows = grows.getTotalCount();
    tail.grow_p50 = grows.getValueAtPercentile(50);
    tail.grow_p99 = grows.getValueAtPercentile(99);
    tail.grow_max = grows.getMaxValue();
    tail.alloc_p50 = all.getValueAtPercentile(50);
    tail.alloc_p99 = all.getValueAtPercentile(99);
    tail.alloc_p999 = all.getValueAtPercentile(99.9);
    tail.alloc_p9999 = all.getValueAtPercentile(99.99);
    tail.alloc_max = all.getMaxValue();
    tail.stall_p99 = stall(grows.getTotalCount());
    tail.deadlocks = cache.deadlocks() - deadlocks;
  }

  /** What the machine itself does to a short piece of work. */
  private static double stall(long n) {
    Histogram stalls = new Histogram(3);
    for (int i = 0; i < n; i++) {
      long start = System.nanoTime();
      long now = start;
      while (now - start < SPIN_NANOS) {
        now = System.nanoTime();
      }
      stalls.recordValue(now - start - SPIN_NANOS);
    }
    return stalls.getValueAtPercentile(99);
  }

  /** How long the page source takes over a slab: every so manieth so many nanoseconds. */
  enum Pages {
    PROMPT(1, 0),
    SLOW(1, 1_000_000),
    /** Longer than the tenth of a second after which a growth is called deadlocked. */
    STALLED(100, 200_000_000);

    private final int every;
    private final long nanos;

    Pages(int every, long nanos) {
      this.every = every;
      this.nanos = nanos;
    }

    PageSource over(PageSource source) {
      AtomicInteger slabs = new AtomicInteger();
      return this == PROMPT ? source : new ForwardingPageSource(source) {
        @Override
        public long allocate(long bytes, Area area) {
          boolean late = area == Area.OBJECTS && slabs.incrementAndGet() % every == 0;
          long end = System.nanoTime() + (late ? nanos : 0);
          while (end - System.nanoTime() > 0) {
            LockSupport.parkNanos(end - System.nanoTime());
          }
          return super.allocate(bytes, area);
        }
      };
    }
  }

  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class Cache extends TuningState {
    /** Bytes of an object. */
    @Param({"1024", "16384"}) public int size;

    /** Threads that allocate. */
    @Param("1") public int callers;

    /** When a constructor, which writes a word, runs: NONE, PER_ALLOCATION, PER_SLAB. */
    @Param("NONE") public String construct = "";

    /** Caches the objects come from, in turn: as many may grow at a time. */
    @Param("1") public int kinds;

    /** The page source: PROMPT, SLOW (a millisecond for each slab), STALLED (200 ms for every hundredth). */
    @Param("PROMPT") public String pages = "";

    private final long[] objects = new long[OBJECTS];
    private final long[] nanos = new long[OBJECTS];
    private Kmem kmem;
    private KmemCache[] caches;

    @Setup
    public void setUp() {
      kmem = Kmem.builder().tunables(tunables()).decorate(Pages.valueOf(pages)::over).build();
      caches = new KmemCache[kinds];
      for (int i = 0; i < kinds; i++) {
        CacheSpec spec = CacheSpec.of("burst-" + i, size).flags(CacheFlag.KVMEM);
        caches[i] = kmem.createCache(construct.equals("NONE") ? spec : spec.hooks(
            (object, _, _) -> Memory.putLong(object, 1), null, null, ConstructorPlacement.valueOf(construct)));
      }
    }

    private long deadlocks() {
      return Arrays.stream(caches).mapToLong(one -> one.stats().emergency().deadlock()).sum();
    }

    /** Every so manieth object; the time is negative where the allocation entered no growth. */
    private void allocate(int from) {
      for (int i = from; i < OBJECTS; i += callers) {
        KmemCache cache = caches[i % kinds];
        long held = kmem.heldBytes();
        long start = System.nanoTime();
        objects[i] = cache.alloc();
        long time = System.nanoTime() - start;
        nanos[i] = kmem.heldBytes() != held ? time : -time;
      }
    }

    /** Proves that no two objects are one, and empties the caches for the next burst. */
    @TearDown(Level.Iteration)
    public void empty() {
      for (int i = 0; i < OBJECTS; i++) {
        Memory.putLong(objects[i], i);
      }
      for (int i = 0; i < OBJECTS; i++) {
        if (Memory.getLong(objects[i]) != i) {
          throw new IllegalStateException("object = " + i + ": shares its memory with another");
        }
        caches[i % kinds].free(objects[i]);
        objects[i] = 0;
      }
      for (KmemCache cache : caches) {
        while (cache.stats().states().contains(CacheState.GROWING)) { // stalled, and nobody waits any more
          LockSupport.parkNanos(1_000_000);
        }
        long _ = cache.reap();
        cache.verify();
      }
      if (kmem.heldBytes() != 0) {
        throw new IllegalStateException("held = " + kmem.heldBytes() + ": an empty, reaped cache holds pages");
      }
    }

    @TearDown
    public void tearDown() {
      Arrays.stream(caches).forEach(KmemCache::close);
      kmem.close();
    }
  }

  /** The figures of an iteration. */
  @AuxCounters(AuxCounters.Type.EVENTS) @State(Scope.Thread)
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
    /** Of all allocations: the median, the 99th, 99.9th, 99.99th percentile, the longest, ns. */
    public double alloc_p50;
    public double alloc_p99;
    public double alloc_p999;
    public double alloc_p9999;
    public double alloc_max;
    /** The 99th percentile of the stall control, ns. */
    public double stall_p99;
    /** Growths given up waiting for in the iteration. */
    public double deadlocks;
  }
}
