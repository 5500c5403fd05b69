package dev.slablab.bench.suite;

import dev.slablab.bench.suite.FloorStates.*;
import java.lang.invoke.VarHandle;
import org.openjdk.jmh.annotations.*;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What can this JVM and this machine do at best?
 *
 * <p><b>Workload:</b> the pair of {@link Peers}, on a ring of 64 live "objects" (numbers), over free lists with
 * nothing behind them. Between free and alloc stands a compiler fence, so that push and pop cannot be folded into
 * nothing.
 * <br><b>Hypothesis:</b> finding the list costs more than using it: thread-confined &lt; slot table &lt; ThreadLocal
 * &lt; compare-and-set lock &lt; monitor.
 * <br><b>Baseline:</b> {@link #slotTable}, the fastest that finds its list; {@link #ring} is the ring alone.
 * <br><b>Refuted</b> if ThreadLocal is as fast as the slot table, or a lock costs less than 2 ns.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep Floor}. The tunables are parameters here too; none matters.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets up before it runs
public class Floor extends Suite {
  /** Bytes of the array of {@link #tlab}. */
  @Param("64") public int size;

  /** Of {@link #planted}. */
  @Param("1000") public int pairs;

  private final long[] ring = new long[Ring.SLOTS];
  private final byte[][] arrays = new byte[Ring.SLOTS][];
  private final Stack stack = new Stack();
  private final LockedStack locked = new LockedStack();
  private final MonitorStack monitor = new MonitorStack();
  private SlotTable table;
  private ThreadLocal<Stack> local;
  private Stack used = stack;
  private boolean plain;
  private int next;

  private int turn() {
    int slot = next;
    next = slot + 1 & Ring.SLOTS - 1;
    return slot;
  }

  /** {@return a number: no allocator, the ring alone; also the drift control of every sweep} */
  @Benchmark
  public long ring() {
    int slot = turn();
    ring[slot] ^= next;
    return ring[slot];
  }

  /** {@return an object: a stack that needs no finding, without fence; the compiler may fold push and pop} */
  @Benchmark
  public long confinedFolded() {
    int slot = turn();
    stack.push(ring[slot]);
    ring[slot] = stack.pop();
    return ring[slot];
  }

  /** {@return an object: a stack that needs no finding} */
  @Benchmark
  public long confined() {
    int slot = turn();
    stack.push(ring[slot]);
    VarHandle.acquireFence();
    ring[slot] = stack.pop();
    return ring[slot];
  }

  /** {@return an object: a stack found by thread id, its owner checked; it cannot be revoked} */
  @Benchmark
  public long slotTable() {
    int slot = turn();
    table.find().push(ring[slot]);
    VarHandle.acquireFence();
    ring[slot] = table.find().pop();
    return ring[slot];
  }

  /** {@return an object: a stack found by ThreadLocal} */
  @Benchmark
  public long threadLocal() {
    int slot = turn();
    local.get().push(ring[slot]);
    VarHandle.acquireFence();
    ring[slot] = local.get().pop();
    return ring[slot];
  }

  /** {@return an object: a stack of this thread's behind a compare-and-set lock, never contended} */
  @Benchmark
  public long casLocked() {
    int slot = turn();
    locked.push(ring[slot]);
    ring[slot] = locked.pop();
    return ring[slot];
  }

  /** {@return an object: a stack of this thread's behind its monitor, never contended} */
  @Benchmark
  public long monitor() {
    int slot = turn();
    monitor.push(ring[slot]);
    ring[slot] = monitor.pop();
    return ring[slot];
  }

  /** {@return the JVM's own: a fresh array in this thread's allocation buffer} */
  @Benchmark
  public byte[] tlab() {
    int slot = turn();
    arrays[slot] = new byte[size];
    return arrays[slot];
  }

  /** So many pairs of {@link #slotTable} at once: a tenth more of them is a slowdown of a tenth, known beforehand. */
  @Benchmark
  public long planted() {
    long last = 0;
    for (int i = 0; i < pairs; i++) {
      last = slotTable();
    }
    return last;
  }

  @Setup
  public void setUp(All shared, BenchmarkParams params) {
    table = shared.table;
    local = shared.local;
    table.claim();
    String kernel = params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1);
    used = switch (kernel) {
      case "slotTable", "planted" -> table.find();
      case "threadLocal" -> local.get();
      case "casLocked" -> locked.stack;
      case "monitor" -> monitor.stack;
      default -> stack;
    };
    plain = kernel.equals("ring");
    for (int slot = 0; slot < Ring.SLOTS; slot++) {
      ring[slot] = slot + 1L;
      arrays[slot] = new byte[size];
    }
  }

  /** Proves that no object got lost or doubled. */
  @TearDown(Level.Trial)
  public void tearDown() {
    if (!plain) {
      used.prove(ring);
    }
  }

  /** What all threads share. */
  @State(Scope.Benchmark)
  public static class All extends TuningState {
    final SlotTable table = new SlotTable();
    final ThreadLocal<Stack> local = ThreadLocal.withInitial(Stack::new);
  }
}
