package dev.slablab.bench.suite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.bench.subject.SubjectKind;
import dev.slablab.spec.Tunable;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks exist, have every tunable, run, and notice when something is wrong. */
class SuiteTest {
  private static final OutputFormat SILENT =
      OutputFormatFactory.createFormatInstance(new PrintStream(OutputStream.nullOutputStream()), VerboseMode.SILENT);

  /** A slab, an object with a cleaner, a native and a pooled one; Peers has all. */
  private static final String[] SOME = {"SLABLAB", "HEAP", "NATIVE_MALLOC", "NETTY_ADAPTIVE"};

  @Test
  void everyTunableIsAParameterWithItsDefault() throws ReflectiveOperationException {
    Map<String, String> parameters = new TreeMap<>();
    for (var field : TuningState.class.getFields()) {
      String[] values = field.getAnnotation(Param.class).value();
      assertEquals(1, values.length, field.getName());
      parameters.put(field.getName(), values[0]);
    }
    Map<String, String> rows = new TreeMap<>();
    for (Tunable row : Tunable.values()) {
      rows.put(row.key(), Long.toString(row.defaultValue));
    }
    assertEquals(rows, parameters);
  }

  @Test
  void everyBenchmarkHasEveryTunable() {
    for (BenchmarkListEntry entry : benchmarks()) {
      Set<String> names = entry.getParams().orElse(Map.of()).keySet();
      for (Tunable row : Tunable.values()) {
        assertTrue(names.contains(row.key()), () -> entry.getUsername() + " lacks " + row.key());
      }
    }
  }

  @Test
  void aSweepReplacesTheSingleDefault() {
    assertArrayEquals(new String[] {"0", "2", "4", "8", "16", "32", "64", "128", "256"},
        values("MagazineSize", "spl_kmem_cache_magazine_size"));
    assertArrayEquals(new String[] {"1", "2", "4", "8", "16", "32", "64"},
        values("SlabSizing", "spl_kmem_cache_obj_per_slab"));
    assertArrayEquals(new String[] {"0", "16384", "65536"}, values("SlabLimit", "spl_kmem_cache_slab_limit"));
    assertArrayEquals(new String[] {"0", "1", "2", "3"}, values("DebugCost", "cache_debug"));
    List<String> peers = List.of(values("Peers", "subject"));
    assertEquals(List.of("SLABLAB_LINUX", "MIMALLOC", "JEMALLOC"), Arrays.stream(SubjectKind.values()).map(Enum::name)
        .filter(kind -> !peers.contains(kind)).toList(), "general-purpose allocation, and what may not be installed");
  }

  static Stream<Arguments> smoke() {
    List<Arguments> runs = new ArrayList<>();
    for (BenchmarkListEntry entry : benchmarks()) {
      String name = entry.getUsername();
      boolean group = name.contains("ProducerConsumer");
      if (!entry.getParams().orElse(Map.of()).containsKey("subject")) {
        runs.add(Arguments.of(name, "", 
            name.contains("Floor") || name.contains("PairGoal") || name.contains("LiveSet") ? 2 : 1));
      } else {
        for (String kind : name.contains("Peers") ? entry.getParams().get().get("subject") : SOME) {
          runs.add(Arguments.of(name, kind, group ? 2 : 1));
        }
        if (!group && !name.contains("Contention")) {
          runs.add(Arguments.of(name, "SLABLAB", 2));
        }
      }
    }
    return runs.stream();
  }

  @ParameterizedTest
  @MethodSource
  void smoke(String benchmark, String subject, int threads) throws RunnerException {
    ChainedOptionsBuilder options = options(benchmark, threads);
    if (!subject.isEmpty()) {
      options.param("subject", subject).param("size", "1024").param("burst", "64").param("batch", "64")
          .param("workers", "4")
          .param("spl_kmem_cache_magazine_size", "8").param("spl_kmem_cache_obj_per_slab", "4")
          .param("spl_kmem_cache_slab_limit", "16384")
          .param("cache_debug", benchmark.contains("DebugCost") ? "3" : "0")
          .param("guard_sample", benchmark.contains("DebugCost") ? "16" : "0")
          .param("zeroed", threads == 2 && !benchmark.contains("ProducerConsumer") ? "true" : "false");
    } else if (values(benchmark, "size") != null) {
      options.param("size", "1024").param("callers", "4").param("construct", "PER_SLAB");
    } else if (values(benchmark, "live") != null) {
      options.param("live", "128").param("mixture", "WEB_SOCKET");
    }
    Collection<RunResult> results = new Runner(options.build(), SILENT).run();
    assertEquals(1, results.size());
    RunResult result = results.iterator().next();
    assertTrue(result.getPrimaryResult().getScore() > 0, result.toString());
    if (benchmark.endsWith("TraceReplay.slablab")) {
      assertTrue(result.getSecondaryResults().get("mem.resident.per.live").getScore() > 0.5, "resident, but not live?");
    } else if (benchmark.contains("Expiry")) {
      assertTrue(result.getSecondaryResults().get("held_burst").getScore() > 0, "the burst held nothing");
    } else if (!subject.isEmpty()) {
      assertEquals(subject.startsWith("SLABLAB"), result.getSecondaryResults().containsKey("mem.retained"));
    } else if (benchmark.contains("LiveSet")) {
      Result<?> memory = result.getSecondaryResults().get("mem.held.per.live");
      assertEquals(benchmark.endsWith("control") || benchmark.endsWith("nativeBuf"), memory == null,
          "malloc does not tell what it holds");
      assertTrue(memory == null || memory.getScore() >= 1, benchmark);
    }
  }

  /** Without a depot a burst takes each object beyond its magazine from the slabs, in batches of half a magazine. */
  @ParameterizedTest
  @CsvSource({"2,64,0,0.95,1", "8,64,0,0.2,0.25", "256,8,0,0,0", "8,64,2,0.1,0.2"})
  void refillsAreCounted(String magazine, String burst, String depot, double least, double most)
      throws RunnerException {
    for (String limit : List.of("0", "16384")) {
      ChainedOptionsBuilder options = options(MagazineSize.class.getName() + ".bursts", 1)
          .param("spl_kmem_cache_magazine_size", magazine).param("burst", burst).param("magazine_depot", depot)
          .param("spl_kmem_cache_slab_limit", limit).measurementIterations(2);
      var told = new Runner(options.build(), SILENT).run().iterator().next().getSecondaryResults();
      double refills = told.get("slab.refills.norm").getScore();
      assertTrue(limit.equals("0") ? refills >= least && refills <= most : refills >= 0 && refills < 1, "" + refills);
      assertTrue(told.get("slab.grows.norm").getScore() < 0.01, "slabs stay");
    }
  }

  /** A task thread that meets a stalled page source is given up after a tenth of a second; a caller waits itself. */
  @ParameterizedTest
  @CsvSource({"PROMPT,0,false", "STALLED,0,true", "STALLED,1,false"})
  void aStalledPageSource(String pages, String inCaller, boolean deadlocks) throws RunnerException {
    ChainedOptionsBuilder options = options(Growth.class.getName() + ".burst", 1).param("pages", pages)
        .param("grow_in_caller", inCaller).param("size", "1024").param("kinds", "2")
        .param("spl_kmem_cache_obj_per_slab", "128");
    var told = new Runner(options.build(), SILENT).run().iterator().next().getSecondaryResults();
    assertEquals(deadlocks, told.get("deadlocks").getScore() > 0);
    double last = 0;
    for (String figure : List.of("alloc_p50", "alloc_p99", "alloc_p999", "alloc_p9999", "alloc_max")) {
      assertTrue(told.get(figure).getScore() >= last, figure);
      last = told.get(figure).getScore();
    }
    assertTrue(pages.equals("PROMPT") || last >= (deadlocks ? 100_000_000 : 200_000_000), "waited = " + last + " ns");
  }

  /** Memory that runs out must fail the run, not shorten it. */
  @Test
  void failuresAreNotSwallowed() {
    ChainedOptionsBuilder options = options(Peers.class.getName() + ".pair", 1).forks(1)
        .param("subject", "SLABLAB").param("size", "65536").param("memory_limit", "65536").param("alloc_timeout", "0");
    assertThrows(RunnerException.class, () -> new Runner(options.build(), SILENT).run());
  }

  /** The twin's table has 64 slots, which concern nobody else. */
  @Test
  void onlyTheTwinClaimsItsSlots() throws RunnerException {
    ChainedOptionsBuilder address = options(PairGoal.class.getName() + ".address", 66).param("size", "64");
    assertEquals(1, new Runner(address.build(), SILENT).run().size());
    LeaseTwin[] slots = LeaseTwin.slots();
    LeaseTwin.claim(slots);
    assertThrows(IllegalStateException.class, () -> LeaseTwin.claim(slots));
  }

  @Test
  void oneProducerAndOneConsumerOnly() {
    ChainedOptionsBuilder options = options(ProducerConsumer.class.getName() + ".handOver", 4).forks(1)
        .param("subject", "SLABLAB").param("batch", "1");
    assertThrows(RunnerException.class, () -> new Runner(options.build(), SILENT).run());
  }

  private static ChainedOptionsBuilder options(String benchmark, int threads) {
    return new OptionsBuilder().include("^" + benchmark.replace(".", "\\.") + "$").forks(0).threads(threads)
        .warmupIterations(0).measurementIterations(1).measurementTime(TimeValue.milliseconds(20))
        .shouldFailOnError(true).addProfiler(MemoryProfiler.class);
  }

  private static String[] values(String suite, String parameter) {
    return benchmarks().stream().filter(entry -> entry.getUsername().contains(suite)).findFirst().orElseThrow()
        .getParams().get().get(parameter);
  }

  private static Set<BenchmarkListEntry> benchmarks() {
    Set<BenchmarkListEntry> all = BenchmarkList.defaultList().getAll(SILENT, List.of());
    assertFalse(all.isEmpty());
    return all;
  }
}
