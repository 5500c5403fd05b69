package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.bench.machine.Proc;
import dev.slablab.bench.subject.MemoryUse;
import io.netty.util.internal.PlatformDependent;
import org.openjdk.jmh.infra.*;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.*;

/**
 * Puts memory beside time: what the allocator held at the end of each iteration, as far as it can be told. The command
 * line adds it to every run.
 */
public final class MemoryProfiler implements InternalProfiler {
  private MemoryUse before = MemoryUse.UNKNOWN;

  @Override
  public String getDescription() {
    return "Slablab: memory held by the allocator under test";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {}

  @Override
  public Collection<? extends Result<?>> afterIteration(BenchmarkParams benchmark, IterationParams iteration,
      IterationResult result) {
    MemoryUse use = SubjectState.lastUse();
    List<Result<?>> results = new ArrayList<>();
    add(results, "mem.held", (double) use.held(), "B");
    add(results, "mem.peak", (double) use.peak(), "B");
    add(results, "mem.waste", use.wastePercent(), "%");
    add(results, "mem.retained", (double) use.retained(), "B");
    add(results, "mem.objects", (double) SubjectState.lastObjects(), "#");
    add(results, "mem.process", (double) Proc.anonymous(), "B");
    if (use.live() > 0) {
      add(results, "mem.held.per.live", (double) Math.max(use.held(), use.peak()) / use.live(), "B/B");
      add(results, "mem.resident.per.live", (double) use.resident() / use.live(), "B/B");
    }
    if (benchmark.id().toUpperCase(Locale.ROOT).contains("NETTY")) {
      add(results, "netty.unsafe", PlatformDependent.hasUnsafe() ? 1 : 0, "1=yes");
    }
    long operations = result.getMetadata().getAllOps();
    if (before.grows() >= 0 && operations > 0) {
      add(results, "mem.pagecalls.norm", (double) (use.pageCalls() - before.pageCalls()) / operations, "#/op");
      add(results, "slab.grows.norm", (double) (use.grows() - before.grows()) / operations, "#/op");
    }
    add(results, "slab.refills.norm", SubjectState.lastRefills(), "#/op");
    before = use;
    return results;
  }

  private static void add(List<Result<?>> results, String name, double value, String unit) {
    if (value >= 0) {
      results.add(new ScalarResult(name, value, unit, AggregationPolicy.MAX));
    }
  }
}
