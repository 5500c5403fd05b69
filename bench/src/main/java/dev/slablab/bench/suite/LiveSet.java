package dev.slablab.bench.suite;

import dev.slablab.Kmem;
import dev.slablab.bench.buf.SlabBufAllocator;
import dev.slablab.bench.subject.*;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.*;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Goal P6, the headline: what does a buffer cost beside Netty's, when many of real sizes live?
 *
 * <p><b>Workload:</b> each thread has a set of live buffers. It releases one at random, allocates one of the mixture's
 * next size in its place, and writes a stamp at either end, which faults pages in and proves at the end that no two
 * buffers overlap there. Sizes are a seeded sequence, the same for every kernel.
 * <br><b>Hypothesis:</b> {@link #slabBuf} takes at most half of {@link #nettyAdaptive}'s time and holds no more memory
 * per live byte, for every mixture and live set.
 * <br><b>Baseline:</b> {@link #nettyAdaptive} for the goals, {@link #slabBuf} in {@code quick} and {@code sweep
 * Peers}; {@link #control} is the driver alone.
 * <br><b>Refuted</b> if the interval of a ratio over ≥ 8 interleaved rounds ends above the goal.
 * <br><b>Peers:</b> run as {@link NettyAllocators} says, without leak detection, which SlabBuf has not either; ordinary
 * threads instead of Netty's: {@code -jvmArgsAppend "--sun-misc-unsafe-memory-access=allow
 * --enable-native-access=ALL-UNNAMED"}. A fork may use 4 GiB of direct memory, so that no limit shapes Netty's chunks.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar goals P6}, or {@code LiveSet -p live=1024}; threads with {@code
 * -t}.
 */
@Fork(value = 5, jvmArgsPrepend = {"-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch", "-XX:MaxDirectMemorySize=4g",
    "-Dio.netty.leakDetection.level=disabled"})
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets up before it runs
public class LiveSet extends Suite {
  /** Of the widest mixture about 4 GiB. */
  static final int MAX_LIVE = 1 << 20;

  private All all;
  private LiveTable table;
  private int[] sizes;
  private int mask;
  private int next;
  private long random;

  /** {@return the slot: no allocator} */
  @Benchmark
  public int control() {
    return turn();
  }

  /** {@return the slot: Slablab} */
  @Benchmark
  public int slabBuf() {
    return turn();
  }

  /** {@return the slot: the same handle over malloc, or what {@code slablab.lab.malloc} names} */
  @Benchmark
  public int nativeBuf() {
    return turn();
  }

  /** {@return the slot: Netty's adaptive allocator} */
  @Benchmark
  public int nettyAdaptive() {
    return turn();
  }

  /** {@return the slot: Netty's pooled allocator} */
  @Benchmark
  public int nettyPooled() {
    return turn();
  }

  /** Marsaglia's xorshift of 64 bits; all kernels draw the same slots and sizes. */
  int turn() {
    long x = random;
    x ^= x << 13;
    x ^= x >>> 7;
    x ^= x << 17;
    random = x;
    int slot = (int) x & mask;
    table.replace(slot, nextSize());
    return slot;
  }

  private int nextSize() {
    int at = next;
    next = at + 1 & Mixture.LENGTH - 1;
    return sizes[at];
  }

  /** Fills the live set. */
  @Setup
  public void setUp(All shared) {
    all = shared;
    sizes = all.sizes;
    mask = all.live - 1;
    table = all.table();
    int thread = all.join();
    random = 0x9e3779b97f4a7c15L * thread;
    next = thread * 7919 & Mixture.LENGTH - 1;
    for (int slot = 0; slot <= mask; slot++) {
      table.alloc(slot, nextSize());
    }
  }

  /** Proves the buffers and adds up their bytes. */
  @TearDown(Level.Iteration)
  public void account() {
    all.tell(table.proveAll(mask + 1));
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    for (int slot = 0; slot <= mask; slot++) {
      table.free(slot);
    }
    all.leave();
  }

  /** The allocator of all threads. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class All extends TuningState {
    /** Whose sizes. */
    @Param({"WEB_SOCKET", "API_GATEWAY"}) public String mixture;

    /** Live buffers of a thread. */
    @Param({"128", "1024", "8192", "65536"}) public int live;

    private int[] sizes;
    private @Nullable Kmem kmem;
    private @Nullable SlabBufAllocator slab;
    private @Nullable ByteBufAllocator netty;
    private int threads;
    private int told;
    private long held;
    private long resident;
    private long liveBytes;

    @Setup
    public void setUp(BenchmarkParams params) {
      sizes = Mixture.valueOf(mixture).sizes(1);
      String kernel = params.getBenchmark();
      if (kernel.endsWith("slabBuf")) {
        kmem = Kmem.builder().tunables(tunables()).build();
        slab = new SlabBufAllocator(kmem);
      } else if (kernel.endsWith("nativeBuf")) {
        slab = new SlabBufAllocator(null);
      } else if (!kernel.endsWith("control")) {
        netty = kernel.endsWith("nettyAdaptive") ? NettyAllocators.adaptive() : NettyAllocators.pooled();
      }
      SubjectState.report(MemoryUse.UNKNOWN);
    }

    /** {@return this thread's number, 1 up} */
    synchronized int join() {
      return ++threads;
    }

    LiveTable table() {
      return slab != null ? new LiveTable.Slab(slab, live)
          : netty != null ? new LiveTable.Netty(netty, live) : new LiveTable.None(live);
    }

    /**
     * A thread's iteration has ended. The first to tell looks at the allocator, for after the last iteration it goes on
     * to release its buffers; the last one knows how many bytes lived.
     */
    synchronized void tell(long bytes) {
      if (told == 0) {
        held = kmem != null ? kmem.heldBytes() : netty != null ? NettyAllocators.held(netty) : -1;
        resident = kmem != null ? kmem.residentBytes() : -1;
        liveBytes = 0;
      }
      liveBytes += bytes;
      told++;
      if (told >= threads) {
        told = 0;
        if (threads == 1 && held >= 0 && held < liveBytes) {
          throw new IllegalStateException("held = " + held + ": less than the live buffers' " + liveBytes + " bytes");
        }
        SubjectState.report(MemoryUse.of(held, resident, liveBytes));
      }
    }

    /** The last thread closes the allocator, which tells if a buffer is left. */
    synchronized void leave() {
      if (--threads == 0 && kmem != null) {
        kmem.verify();
        kmem.close();
      }
    }
  }
}
