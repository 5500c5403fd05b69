package dev.slablab.bench.cli;

import module java.base;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.runner.format.OutputFormat;
import java.lang.reflect.Proxy;

/** Counts cells that began and did not end with all their iterations: JMH reports failures in its text only. */
final class Cells {
  private int started;
  private int ended;

  /** Passes everything on, but close when the stream must stay open. */
  OutputFormat counting(OutputFormat to, boolean keepOpen) {
    return (OutputFormat) Proxy.newProxyInstance(Cells.class.getClassLoader(), new Class<?>[] {OutputFormat.class},
        (proxy, method, args) -> {
          switch (method.getName()) {
            case "startBenchmark" -> started++;
            case "endBenchmark" -> ended += whole((BenchmarkResult) args[0]) ? 1 : 0;
            case "close" -> {
              if (keepOpen) {
                to.flush();
                return null;
              }
            }
            default -> { }
          }
          try {
            return method.invoke(to, args);
          } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
          }
        });
  }

  /** A fork that failed leaves no iterations; a cell of failed forks no result. */
  private static boolean whole(@Nullable BenchmarkResult result) {
    return result != null && result.getIterationResults().size()
        >= Math.max(1, result.getParams().getForks()) * result.getParams().getMeasurement().getCount();
  }

  int started() {
    return started;
  }

  int failed() {
    return started - ended;
  }
}
