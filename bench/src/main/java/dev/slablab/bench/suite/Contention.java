package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.bench.subject.*;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.openjdk.jmh.annotations.*;

/**
 * How does the pair scale, what does it cost with many more threads than CPUs (goal P4), and is it fair?
 *
 * <p><b>Workload:</b> platform threads, or 10,000 virtual ones; where there are more than CPUs, they park
 * between batches. A thread times batches of
 * pairs over objects of its own and keeps the median, so that being descheduled does not count; threads are then told
 * apart: of 64 on two CPUs the fastest eighth (there are 4 slots per CPU) and the others.
 * <br><b>Hypothesis:</b> owners keep the time they have alone ({@link PairGoal#address}); the others take at most
 * 1.15 × the same with {@code magazine_placement=1}, the CPU-indexed compare-and-set magazines alone; the cache
 * keeps at most (slots + CPUs) magazines full of objects.
 * <br><b>Baseline:</b> {@code magazine_placement=1}; {@code workers=1}; for the peers {@code subject=SLABLAB}.
 * <br><b>Refuted</b> if the interval over ≥ 8 interleaved rounds ends above.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep Contention}. Figures in ns per pair;
 * {@code fairness} is the slowest thread's over the fastest's.
 */
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 10) // 64 threads leave the compiler little of two cores
@Measurement(iterations = 5)
public class Contention extends Suite {
  private static final int VIRTUAL = 10_000;
  private static final int RING = 8;
  private static final int PAIRS = 512;
  private static final int PLATFORM_BATCHES = 300;
  private static final int VIRTUAL_BATCHES = 3;

  /** Platform threads. */
  @Benchmark
  public void platform(Platform shared, Figures figures) throws InterruptedException {
    run(NettyThreads.factory("worker"), shared.workers, PLATFORM_BATCHES, shared, figures);
  }

  /** 10,000 virtual threads. */
  @Benchmark
  public void virtual(Shared shared, Figures figures) throws InterruptedException {
    run(Thread.ofVirtual().factory(), VIRTUAL, VIRTUAL_BATCHES, shared, figures);
  }

  private static void run(ThreadFactory factory, int threads, int batches, Shared shared, Figures figures)
      throws InterruptedException {
    double[] medians = new double[threads];
    boolean crowded = threads > Runtime.getRuntime().availableProcessors();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CountDownLatch ready = new CountDownLatch(threads);
    CountDownLatch done = new CountDownLatch(threads);
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int me = i;
      all.add(factory.newThread(() -> {
        try {
          ready.countDown();
          ready.await(); // so that all contend from their first pair on
          medians[me] = time(shared.allocator.view(), batches, me, crowded);
        } catch (Throwable e) { // told below
          failure.set(e);
        } finally {
          done.countDown();
        }
      }));
    }
    all.forEach(Thread::start);
    done.await();
    if (failure.get() != null) {
      throw new IllegalStateException(failure.get());
    }
    Percentile percentile = new Percentile();
    percentile.setData(medians);
    figures.pair_p06 = percentile.evaluate(6.25);
    figures.pair_p50 = percentile.evaluate(50);
    figures.pair_p90 = percentile.evaluate(90);
    figures.fairness = Arrays.stream(medians).max().orElse(0) / Arrays.stream(medians).min().orElse(0);
    figures.in_magazines = Math.max(0, shared.allocator.memoryUse().retained()) / (double) shared.size;
  }

  private static double time(Subject mine, int batches, int thread, boolean crowded) {
    double[] nanos = new double[batches];
    for (int slot = 0; slot < RING; slot++) {
      mine.alloc(slot);
    }
    for (int batch = 0; batch < batches; batch++) {
      long start = System.nanoTime();
      for (int pair = 0; pair < PAIRS; pair++) {
        int slot = pair & RING - 1;
        mine.free(slot);
        mine.alloc(slot);
      }
      nanos[batch] = (System.nanoTime() - start) / (double) PAIRS;
      if (crowded) {
        LockSupport.parkNanos(1); // a platform thread gives its CPU away, a virtual one its carrier
      }
    }
    Patterns.prove(mine, 0, RING, (long) thread << 32);
    for (int slot = 0; slot < RING; slot++) {
      mine.free(slot);
    }
    return new Percentile().evaluate(nanos, 50);
  }

  /** The allocator of all threads. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class Shared extends SubjectState {
    /** Who allocates; what a collector frees has no place here. */
    @Param({"SLABLAB", "NATIVE_MALLOC", "NETTY_POOLED", "NETTY_ADAPTIVE"}) public String subject = "";

    /** Bytes of an object. */
    @Param("64") public int size;

    /** The question is the SPL's. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param("0") public String spl_kmem_cache_slab_limit = "";

    private Subject allocator;

    @Setup
    public void setUp() {
      allocator = open(subject, size, RING, false);
    }

    /** Proves that nothing is left. */
    @TearDown
    public void tearDown() {
      shut();
    }
  }

  /** The same with a number of threads. */
  public static class Platform extends Shared {
    /** How many. */
    @Param({"1", "2", "4", "16", "64"}) public int workers;
  }

  /** The figures of an iteration, over threads. */
  @AuxCounters(AuxCounters.Type.EVENTS) @State(Scope.Thread)
  @SuppressWarnings("MemberName") // as the reports print them
  public static class Figures {
    /** The fastest sixteenth: owners, where there are any. */
    public double pair_p06;
    /** The median: threads without a slot. */
    public double pair_p50;
    /** The slower ones. */
    public double pair_p90;
    /** The slowest thread's time over the fastest's. */
    public double fairness;
    /** Objects the magazines keep when all threads are gone. */
    public double in_magazines;
  }
}
