package dev.slablab.bench.sweep;

import module java.base;
import module java.management;
import dev.slablab.bench.machine.Proc;
import dev.slablab.bench.suite.MemoryProfiler;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.*;
import org.openjdk.jmh.runner.*;
import org.openjdk.jmh.runner.format.*;
import org.openjdk.jmh.runner.options.*;

/** Runs cells as JMH forks, JMH's text goes to a log. */
final class JmhForks implements Sweep.Forks {
  private static final int TIMEOUT_SECONDS = 120;

  private final RunFolder folder;
  private final int millis;
  private final int forks;

  /** One fork, or none and few iterations where only errors are looked for. */
  JmhForks(RunFolder folder, int millis, int forks) {
    this.folder = folder;
    this.millis = millis;
    this.forks = forks;
  }

  @Override
  public Fork run(Cell cell, int round, int order) throws IOException, RunnerException {
    Proc.Activity before = Proc.Activity.now();
    long start = System.nanoTime();
    Map<String, Double> values = new TreeMap<>();
    List<Double> iterations = new ArrayList<>();
    String unit = "";
    String error = null;
    try (OutputStream file = Files.newOutputStream(folder.file(RunFolder.LOG), StandardOpenOption.CREATE,
        StandardOpenOption.APPEND); PrintStream text = new PrintStream(file, false, StandardCharsets.UTF_8)) {
      OutputFormat format = OutputFormatFactory.createFormatInstance(text, VerboseMode.NORMAL);
      RunResult result = new Runner(options(cell.config()), format).runSingle();
      values.put(Grid.SCORE, result.getPrimaryResult().getScore());
      unit = result.getPrimaryResult().getScoreUnit();
      result.getSecondaryResults().forEach((name, value) -> values.put(name.replace("·", ""), value(value)));
      values.values().removeIf(value -> !Double.isFinite(value)); // JSON has no word for them
      for (BenchmarkResult fork : result.getBenchmarkResults()) {
        fork.getIterationResults().forEach(one -> iterations.add(one.getPrimaryResult().getScore()));
        JmhJson.keep(folder, round, order, fork);
      }
      if (!values.containsKey(cell.metric())) {
        error = "metric = " + cell.metric() + ": the benchmark does not tell it; it tells " + values.keySet();
      }
    } catch (RunnerException e) {
      if (String.valueOf(e.getMessage()).contains("JMH lock")) {
        throw e; // another run has it: nothing was measured, and --resume goes on here
      }
      error = root(e) + "; see " + RunFolder.LOG;
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Proc.Activity after = Proc.Activity.now();
    return new Fork(round, order, cell, unit, values, iterations, new Fork.Machine(seconds,
        after.stealTicks() - before.stealTicks(), after.switches() - before.switches(),
        after.childFaults() - before.childFaults(), after.load()), error);
  }

  /** JMH adds events up over the iterations; a benchmark's figures are per iteration. */
  private static double value(Result<?> result) {
    return result.getScoreUnit().equals("#") ? result.getStatistics().getMean() : result.getScore();
  }

  /** JMH wraps and suppresses what went wrong in the fork. */
  private static String root(Throwable e) {
    Throwable inner = e.getSuppressed().length > 0 ? e.getSuppressed()[0] : e.getCause();
    return inner == null ? e.toString() : root(inner);
  }

  private Options options(Config config) {
    BenchmarkListEntry entry = Benchmarks.of(config.benchmark());
    ChainedOptionsBuilder options = new OptionsBuilder().include("^" + Pattern.quote(entry.getUsername()) + "$")
        .forks(forks).timeout(TimeValue.seconds(TIMEOUT_SECONDS)).shouldFailOnError(true)
        .addProfiler(GCProfiler.class).addProfiler(MemoryProfiler.class);
    if (entry.getMode() != Mode.SingleShotTime || forks == 0) {
      TimeValue time = TimeValue.milliseconds(millis);
      options.warmupIterations(forks * Plan.WARM_UPS).warmupTime(time);
      options.measurementIterations(forks == 0 ? 2 : Plan.MEASURED).measurementTime(time);
    }
    if (entry.getThreadGroups().length == 1) {
      options.threads(config.threads());
    }
    if (forks > 0 && !config.jvmArgs().isEmpty()) {
      options.jvmArgs(Stream.concat(ManagementFactory.getRuntimeMXBean().getInputArguments().stream(),
          config.jvmArgs().stream()).toArray(String[]::new)); // what the other cells inherit, too
    }
    config.params().forEach(options::param);
    return options.build();
  }
}
