package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.*;
import dev.slablab.spec.*;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.openjdk.jmh.annotations.*;

/**
 * Goal P4: what does the pair cost when there are many more threads than CPUs?
 *
 * <p><b>Workload:</b> 64 platform threads, or 10,000 virtual ones that park between rounds. A thread times batches of
 * pairs over objects of its own and keeps the median, so that being descheduled does not count; threads are then told
 * apart: the fastest eighth (there are 4 slots per CPU) and the others.
 * <br><b>Hypothesis:</b> owners keep the time they have alone ({@link PairGoal#address}); the others take at most 1.15
 * × the same with {@code magazine_placement=1}, the CPU-indexed compare-and-set magazines alone; the cache keeps at
 * most (slots + CPUs) magazines full of objects.
 * <br><b>Baseline:</b> {@code magazine_placement=1}.
 * <br><b>Refuted</b> if the interval over ≥ 8 interleaved rounds ends above.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar Oversubscribed -p magazine_placement=0,1}. Figures in ns per
 * pair.
 */
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 10) // 64 threads leave the compiler little of two cores
@Measurement(iterations = 5)
public class Oversubscribed extends Suite {
  private static final int PLATFORM = 64;
  private static final int VIRTUAL = 10_000;
  private static final int PAIRS = 512;
  private static final int PLATFORM_BATCHES = 300;
  private static final int VIRTUAL_BATCHES = 3;

  /** 64 platform threads. */
  @Benchmark
  public void platform(Cache cache, Figures figures) throws InterruptedException {
    run(Thread.ofPlatform().daemon().factory(), PLATFORM, PLATFORM_BATCHES, cache, figures);
  }

  /** 10,000 virtual threads. */
  @Benchmark
  public void virtual(Cache cache, Figures figures) throws InterruptedException {
    run(Thread.ofVirtual().factory(), VIRTUAL, VIRTUAL_BATCHES, cache, figures);
  }

  private static void run(ThreadFactory factory, int threads, int batches, Cache cache, Figures figures)
      throws InterruptedException {
    double[] medians = new double[threads];
    CountDownLatch done = new CountDownLatch(threads);
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int me = i;
      all.add(factory.newThread(() -> {
        medians[me] = time(cache.cache, batches);
        done.countDown();
      }));
    }
    all.forEach(Thread::start);
    done.await();
    Percentile percentile = new Percentile();
    percentile.setData(medians);
    figures.pair_p06 = percentile.evaluate(6.25);
    figures.pair_p50 = percentile.evaluate(50);
    figures.pair_p90 = percentile.evaluate(90);
    figures.in_magazines = cache.cache.stats().objects().inMagazines();
  }

  private static double time(KmemCache cache, int batches) {
    double[] nanos = new double[batches];
    long[] ring = new long[8];
    for (int i = 0; i < ring.length; i++) {
      ring[i] = cache.alloc();
    }
    for (int batch = 0; batch < batches; batch++) {
      long start = System.nanoTime();
      for (int pair = 0; pair < PAIRS; pair++) {
        int slot = pair & ring.length - 1;
        cache.free(ring[slot]);
        ring[slot] = cache.alloc();
      }
      nanos[batch] = (System.nanoTime() - start) / (double) PAIRS;
      LockSupport.parkNanos(1); // a platform thread gives its CPU away, a virtual one its carrier
    }
    for (long object : ring) {
      cache.free(object);
    }
    return new Percentile().evaluate(nanos, 50);
  }

  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class Cache extends TuningState {
    private Kmem kmem;
    private KmemCache cache;

    @Setup
    public void setUp() {
      kmem = Kmem.builder().tunables(tunables()).build();
      cache = kmem.createCache(CacheSpec.of("pair", 64).flags(CacheFlag.KVMEM));
    }

    /** Proves that nothing is left. */
    @TearDown
    public void tearDown() {
      kmem.verify();
      cache.close();
      kmem.close();
    }
  }

  /** The figures of an iteration, over threads. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  @SuppressWarnings("MemberName") // as the reports print them
  public static class Figures {
    /** The fastest sixteenth: owners, where there are any. */
    public double pair_p06;
    /** The median: threads without a slot. */
    public double pair_p50;
    /** The slower ones. */
    public double pair_p90;
    /** Objects the magazines keep when all threads are gone. */
    public double in_magazines;
  }
}
