package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.*;
import dev.slablab.bench.subject.NativeMalloc;
import dev.slablab.page.Memory;
import dev.slablab.spec.*;
import org.openjdk.jmh.annotations.*;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Goals P1, P2 and P3: how far is the pair from what the JVM can do, and from native allocators?
 *
 * <p><b>Workload:</b> free one of a ring of 64 live objects, allocate its successor; every kernel has the same ring and
 * no layer between the ring and its allocator.
 * <br><b>Hypothesis (P1):</b> {@link #address} takes at most 1.3 × {@link #slotTable}, the same ring over a slot table
 * that cannot be revoked, and at most half (from 16 KiB up a quarter) of mimalloc ({@link #malloc}); counting pops
 * makes {@link #leaseTwin} at most 1.1 × as long. <b>(P2):</b> {@link #segment} takes at most 2 ns more than
 * {@link #address} and makes no garbage, {@link #segmentEscapes} one object. <b>(P3):</b> from {@code -t 1} to
 * {@code -t 2}, {@link #address} grows no more than {@link #ring}.
 * <br><b>Baseline:</b> {@link #slotTable}; {@link #ring} for P3.
 * <br><b>Refuted</b> if the interval of the ratio over ≥ 8 interleaved rounds ends above the goal.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar goals P1 P2 P3}.
 */
public class PairGoal extends Suite {
  /** No allocator. */
  @Benchmark
  public long ring(My my) {
    int slot = my.turn();
    my.ring[slot] ^= slot;
    VarHandle.acquireFence();
    return my.ring[slot];
  }

  /** A stack found by thread id, its owner checked; it cannot be revoked. */
  @Benchmark
  public long slotTable(My my, All all) {
    int slot = my.turn();
    all.table.find().push(my.ring[slot]);
    VarHandle.acquireFence();
    long object = all.table.find().pop();
    VarHandle.acquireFence();
    my.ring[slot] = object;
    return object;
  }

  /** Slablab, addresses. */
  @Benchmark
  public long address(My my, All all) {
    int slot = my.turn();
    all.cache.free(my.ring[slot]);
    long object = all.cache.alloc();
    my.ring[slot] = object;
    return object;
  }

  /** The same over a copy of the fast path that counts pops or does not: what the statistics cost. */
  @Benchmark
  public long leaseTwin(My my, All all) {
    int slot = my.turn();
    LeaseTwin.free(all.twin, my.ring[slot]);
    long object = LeaseTwin.alloc(all.twin);
    my.ring[slot] = object;
    return object;
  }

  /** Slablab, segments that do not escape: a word is written through each. */
  @Benchmark
  public long segment(My my, All all) {
    int slot = my.turn();
    all.cache.free(my.ring[slot]);
    MemorySegment object = all.cache.allocSegment();
    object.set(ValueLayout.JAVA_LONG, 0, slot);
    my.ring[slot] = object.address();
    return my.ring[slot];
  }

  /** The same by address, the baseline of {@link #segment}. */
  @Benchmark
  public long addressTouched(My my, All all) {
    int slot = my.turn();
    all.cache.free(my.ring[slot]);
    long object = all.cache.alloc();
    Memory.putLong(object, slot);
    my.ring[slot] = object;
    return object;
  }

  /** Slablab, segments that are kept. */
  @Benchmark
  public MemorySegment segmentEscapes(My my, All all) {
    int slot = my.turn();
    all.cache.free(my.segments[slot]);
    MemorySegment object = all.cache.allocSegment();
    my.segments[slot] = object;
    return object;
  }

  /** The native allocator that {@link NativeMalloc} names. */
  @Benchmark
  public long malloc(My my, All all) {
    int slot = my.turn();
    NativeMalloc.free(my.ring[slot]);
    my.ring[slot] = NativeMalloc.malloc(all.size);
    return my.ring[slot];
  }

  /** What all threads share. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class All extends TuningState {
    /** Bytes of an object. */
    @Param({"64", "1024", "16384", "65536", "1048576"}) public int size;

    /** Which allocator serves it: the fast path is one. */
    @SuppressWarnings({"HidingField", "MemberName"}) // its values replace the single default
    @Param("0") public String spl_kmem_cache_slab_limit = "";

    private final LeaseTwin[] twin = LeaseTwin.slots();
    final FloorStates.SlotTable table = new FloorStates.SlotTable();
    private Kmem kmem;
    private KmemCache cache;
    private int rings;

    /** Opens the cache. */
    @Setup
    public void setUp() {
      kmem = Kmem.builder().tunables(tunables()).build();
      cache = kmem.createCache(CacheSpec.of("pair", size));
    }

    synchronized void join() {
      rings++;
    }

    /** The last ring's thread closes the cache: JMH ends what threads share before all threads have ended. */
    synchronized void leave() {
      if (--rings == 0) {
        kmem.verify();
        cache.close();
        kmem.close();
      }
    }
  }

  /** A thread's ring. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class My {
    final long[] ring = new long[Ring.SLOTS];
    private final MemorySegment[] segments = new MemorySegment[Ring.SLOTS];
    private String kernel;
    private All all;
    private int next;

    int turn() {
      int slot = next;
      next = slot + 1 & Ring.SLOTS - 1;
      return slot;
    }

    @Setup
    public void setUp(All shared, BenchmarkParams params) {
      all = shared;
      all.join();
      kernel = params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1);
      all.table.claim();
      if (kernel.equals("leaseTwin")) {
        LeaseTwin.claim(all.twin);
      }
      for (int slot = 0; slot < Ring.SLOTS; slot++) {
        switch (kernel) {
          case "ring", "slotTable" -> ring[slot] = slot + 1L;
          case "leaseTwin" -> ring[slot] = LeaseTwin.alloc(all.twin);
          case "malloc" -> ring[slot] = NativeMalloc.malloc(all.size);
          case "segmentEscapes" -> segments[slot] = all.cache.allocSegment();
          default -> ring[slot] = all.cache.alloc();
        }
      }
    }

    /** Empties the ring; the cache's own accounts are checked when it closes. */
    @TearDown(Level.Trial)
    public void tearDown() {
      for (int slot = 0; slot < Ring.SLOTS; slot++) {
        switch (kernel) {
          case "ring", "slotTable" -> { }
          case "leaseTwin" -> LeaseTwin.free(all.twin, ring[slot]);
          case "malloc" -> NativeMalloc.free(ring[slot]);
          case "segmentEscapes" -> all.cache.free(segments[slot]);
          default -> all.cache.free(ring[slot]);
        }
      }
      if (kernel.equals("slotTable")) {
        all.table.find().prove(ring);
      } else if (kernel.equals("leaseTwin")) {
        LeaseTwin.prove(all.twin);
      }
      all.leave();
    }
  }
}
