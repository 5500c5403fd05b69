package dev.slablab.bench.inspect;

import module java.base;
import one.profiler.AsyncProfiler;
import org.openjdk.jmh.infra.*;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.*;
import org.openjdk.jmh.runner.IterationType;

/**
 * async-profiler inside the fork, from the first measured iteration to the end of the last, told by a command without
 * its verb. JMH's own names its folder by all parameters; ours are more than a file name holds.
 */
public record FlameProfiler(String command, AtomicInteger ended) implements InternalProfiler {
  public FlameProfiler(String command) {
    this(command, new AtomicInteger());
  }

  /** The profiler's answer; its library comes out of the jar, and is loaded once. */
  static String execute(String command) {
    try {
      return AsyncProfiler.getInstance().execute(command);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    if (iteration.getType() == IterationType.MEASUREMENT && ended.get() == 0) {
      String _ = execute("start," + command);
    }
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(BenchmarkParams benchmark, IterationParams iteration,
      IterationResult result) {
    if (iteration.getType() == IterationType.MEASUREMENT && ended.incrementAndGet() == iteration.getCount()) {
      String _ = execute("stop");
    }
    return List.of();
  }

  @Override
  public String getDescription() {
    return "Slablab: async-profiler, for the command profile";
  }
}
