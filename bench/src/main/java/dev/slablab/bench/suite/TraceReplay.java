package dev.slablab.bench.suite;

import dev.slablab.bench.replay.TraceLoop;
import java.io.IOException;
import org.openjdk.jmh.annotations.*;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * A recorded program: what do its allocations and frees cost, by whoever serves them?
 *
 * <p><b>Workload:</b> the events of a shipped trace on one thread, over and over; the first byte of each page of a new
 * block is written, as the program would. A checking pass comes first, and at the end everything must be free.
 * <br><b>Hypothesis:</b> {@link #slablab} takes less time than {@link #malloc} and {@link #nettyAdaptive}.
 * <br><b>Baseline:</b> {@link #slablab}.
 * <br><b>Refuted</b> if an interval of the ratio over ≥ 8 interleaved rounds begins below 1.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar quick --workloads TRACE --rounds 8}; {@code replay} has more
 * traces, threads and subjects, and memory.
 */
public class TraceReplay extends Suite {
  /** {@return an event: Slablab's general-purpose allocation} */
  @Benchmark
  public int slablab(Loop loop) {
    return loop.events.step();
  }

  /** {@return an event: the C library's, or what {@code -Dslablab.lab.malloc} names} */
  @Benchmark
  public int malloc(Loop loop) {
    return loop.events.step();
  }

  /** {@return an event: Netty's adaptive allocator} */
  @Benchmark
  public int nettyAdaptive(Loop loop) {
    return loop.events.step();
  }

  /** A thread's trace and allocator. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class Loop extends TuningState {
    /** A shipped trace. */
    @Param("git") public String trace = "";

    private TraceLoop events;

    /** Opens the allocator of the benchmark that runs. */
    @Setup
    public void setUp(BenchmarkParams params) throws IOException {
      String subject = switch (params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1)) {
        case "slablab" -> "SLABLAB";
        case "malloc" -> "NATIVE_MALLOC";
        default -> "NETTY_ADAPTIVE";
      };
      events = TraceLoop.open(subject, trace, tunables());
      SubjectState.report(events.memory);
    }

    /** Proves that nothing is left. */
    @TearDown(Level.Trial)
    public void tearDown() {
      events.close();
    }
  }
}
