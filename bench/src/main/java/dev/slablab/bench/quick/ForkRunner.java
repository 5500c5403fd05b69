package dev.slablab.bench.quick;

import module java.base;
import dev.slablab.bench.machine.Proc;
import dev.slablab.bench.quick.Plan.Cell;
import dev.slablab.bench.suite.MemoryProfiler;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.*;
import org.openjdk.jmh.results.format.*;
import org.openjdk.jmh.runner.*;
import org.openjdk.jmh.runner.format.*;
import org.openjdk.jmh.runner.options.*;

/** Runs cells as JMH forks, keeps JMH's text in a log and JMH's results for its own format. */
final class ForkRunner {
  private static final int MEASURE = 4;
  private static final int TIMEOUT_SECONDS = 30;

  private final Path log;
  private final int iterationMillis;
  /** By name and parameters in words: JMH's own comparison takes parameters given one at a time for equal. */
  private final Map<String, List<BenchmarkResult>> results = new TreeMap<>();

  ForkRunner(Path log, int iterationMillis) {
    this.log = log;
    this.iterationMillis = iterationMillis;
  }

  /**
   * Runs one fork.
   *
   * @throws RunnerException when JMH did not even begin because another run holds its lock
   */
  ForkRecord run(Cell cell, int round, int order) throws IOException, RunnerException {
    Proc.Activity before = Proc.Activity.now();
    long start = System.nanoTime();
    RunResult result = null;
    String error = null;
    try (OutputStream file = Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        PrintStream text = new PrintStream(file, false, StandardCharsets.UTF_8)) {
      OutputFormat format = OutputFormatFactory.createFormatInstance(text, VerboseMode.NORMAL);
      result = new Runner(options(cell), format).runSingle();
      for (BenchmarkResult one : result.getBenchmarkResults()) {
        results.computeIfAbsent(result.getParams().id(), any -> new ArrayList<>()).add(one);
      }
    } catch (RunnerException e) {
      if (results.isEmpty() && String.valueOf(e.getMessage()).contains("JMH lock")) {
        throw e;
      }
      error = root(e) + "; see " + log.getFileName();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Proc.Activity after = Proc.Activity.now();
    return new ForkRecord(round, order, cell, result == null ? null : result.getPrimaryResult().getScore(),
        iterations(result), secondary(result, "mem.held"), heldPerLive(result, cell.workload()),
        secondary(result, "gc.alloc.rate.norm"), seconds, after.stealTicks() - before.stealTicks(),
        after.switches() - before.switches(), after.load(), error);
  }

  /** JMH wraps and suppresses what went wrong in the fork. */
  private static String root(Throwable e) {
    Throwable inner = e.getSuppressed().length > 0 ? e.getSuppressed()[0] : e.getCause();
    return inner == null ? e.toString() : root(inner);
  }

  private Options options(Cell cell) {
    Workload workload = cell.workload();
    String method = workload.benchmark(cell.subject());
    ChainedOptionsBuilder options = new OptionsBuilder().include("^" + method.replace(".", "\\.") + "$").forks(1)
        .warmupIterations(workload.warmUps()).warmupTime(TimeValue.milliseconds(iterationMillis))
        .measurementIterations(MEASURE).measurementTime(TimeValue.milliseconds(iterationMillis))
        .timeout(TimeValue.seconds(TIMEOUT_SECONDS)).shouldFailOnError(true)
        .addProfiler(GCProfiler.class).addProfiler(MemoryProfiler.class);
    workload.params().forEach(options::param);
    if (workload.kind() == Workload.Kind.PAIR) {
      options.param("subject", cell.subject());
    }
    return options.build();
  }

  private static List<Double> iterations(@Nullable RunResult result) {
    List<Double> all = new ArrayList<>();
    if (result != null) {
      for (BenchmarkResult fork : result.getBenchmarkResults()) {
        for (IterationResult iteration : fork.getIterationResults()) {
          all.add(iteration.getPrimaryResult().getScore());
        }
      }
    }
    return all;
  }

  private static @Nullable Double heldPerLive(@Nullable RunResult result, Workload workload) {
    Double held = secondary(result, "mem.held");
    return held == null || workload.liveBytes() == 0 ? secondary(result, "mem.held.per.live")
        : Double.valueOf(held / workload.liveBytes());
  }

  private static @Nullable Double secondary(@Nullable RunResult result, String name) {
    Result<?> found = result == null ? null : result.getSecondaryResults().get(name);
    return found == null ? null : found.getScore();
  }

  /** JMH's JSON of all forks so far, those of one configuration together. */
  String jmhJson() {
    List<RunResult> merged = new ArrayList<>();
    results.values().forEach(forks -> merged.add(new RunResult(forks.getFirst().getParams(), forks)));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream text = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, text).writeOut(merged);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
