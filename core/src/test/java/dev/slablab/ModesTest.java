package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.testing.ForkedJvm;
import dev.slablab.testing.Variant;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@link ModesContract} in JVMs of every kind: collectors, object headers, compilers, CPUs, and what the platform may
 * lack. Each says itself what it is. Every switch once in CI, every combination of collector, header and other switch
 * if asked to.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ModesTest {
  /** A JVM: how it is started, and what it must say of itself. */
  record Mode(String name, List<String> jvm, List<String> prefix, Map<String, String> environment, List<String> facts) {
    static Mode of(String name, String fact, String... jvm) {
      return new Mode(name, List.of(jvm), List.of(), Map.of(), List.of(fact));
    }

    Mode and(Mode other) {
      return new Mode(name + ", " + other.name, both(jvm, other.jvm), both(prefix, other.prefix),
          environment.isEmpty() ? other.environment : environment, both(facts, other.facts));
    }

    private static List<String> both(List<String> one, List<String> other) {
      return Stream.concat(one.stream(), other.stream()).toList();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Mode> COLLECTORS = Stream.of("Serial", "Z", "Epsilon", "Parallel", "G1", "Shenandoah")
      .map(name -> Mode.of(name, "gc=" + name, "-XX:+UnlockExperimentalVMOptions", "-XX:+Use" + name + "GC")).toList();
  /** Of them that each come with both kinds of headers in CI too. */
  private static final int BOTH_HEADERS = 3;
  private static final Set<String> MISSING = missing();
  private static final List<Mode> HEADERS = Stream.of("+", "-").map(sign -> Mode.of(sign + "compact headers",
      "compact headers=" + sign.equals("+"), "-XX:" + sign + "UseCompactObjectHeaders")).toList();

  private static Mode without(String what, String fact) {
    return Mode.of("without " + what, fact, "-Dslablab.test.without." + what + "=true");
  }

  /** The others. A process on one CPU has another JVM than one that is told so: it spins nowhere. */
  private static List<Mode> others() {
    return List.of(
        Mode.of("-Xint", "interpreted mode", "-Xint"),
        Mode.of("C1 only", "tiered stop=1", "-XX:TieredStopAtLevel=1"),
        new Mode("taskset 1", List.of(), List.of("taskset", "0x1"), Map.of(), List.of("cpus=1,")),
        Mode.of("1 processor", "cpus=1,", "-XX:ActiveProcessorCount=1"),
        new Mode("without rseq", List.of(), List.of(), Map.of("GLIBC_TUNABLES", "glibc.pthread.rseq=0"),
            List.of("rseq=off")),
        without("membarrier", "membarrier is not to be had, sched_getcpu works, CPU_INDEXED"),
        without("sched_getcpu", "sched_getcpu is not to be had, BIASED"),
        without("mmap", "java.lang.foreign arenas"),
        without("membarrier", "membarrier is not to be had").and(without("sched_getcpu", "HASHED"))
            .and(without("mmap", "java.lang.foreign arenas")),
        Mode.of("huge pages", "huge pages=taken", "-Dslablab.huge_pages=1"));
  }

  /** Collectors that this build of the JVM has not; Serial and G1 are in all. */
  private static Set<String> missing() {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    return COLLECTORS.stream().filter(it -> !Set.of("Serial", "G1").contains(it.name) && !starts(
        Stream.of(List.of(java.toString()), it.jvm, List.of("-version")).flatMap(List::stream).toArray(String[]::new)))
        .flatMap(it -> it.facts.stream()).collect(Collectors.toSet());
  }

  static List<Mode> modes() {
    List<Mode> modes = new ArrayList<>();
    List<Mode> others = others();
    for (int i = 0; i < others.size() && !Variant.FULL; i++) { // each once: some collectors with both headers, the rest
      int collector = i < 2 * BOTH_HEADERS ? i % BOTH_HEADERS : (i - BOTH_HEADERS) % COLLECTORS.size();
      modes.add(COLLECTORS.get(collector).and(HEADERS.get(i / BOTH_HEADERS % 2)).and(others.get(i)));
    }
    for (Mode collector : Variant.FULL ? COLLECTORS : List.<Mode>of()) {
      for (Mode header : HEADERS) {
        modes.add(collector.and(header));
        others.forEach(other -> modes.add(collector.and(header).and(other)));
      }
    }
    return modes;
  }

  /** What CI has for the interpreter, which would take five minutes, and for Epsilon, whose heap would not do. */
  private static boolean full(Mode mode) {
    return Variant.FULL && Collections.disjoint(mode.jvm, List.of("-Xint", "-XX:+UseEpsilonGC"));
  }

  private static ForkedJvm.Result run(Mode mode, String... args) {
    List<String> jvm = Mode.both(List.of("-Dslablab.test.full=" + full(mode)), mode.jvm);
    return ForkedJvm.run(mode.prefix, mode.environment, jvm, ModesContract.class.getName(), List.of(args), 500);
  }

  @ParameterizedTest
  @MethodSource
  void modes(Mode mode) {
    assumeTrue(mode.prefix.isEmpty() || starts("taskset", "0x1", "true"), "no taskset, or not that CPU");
    assumeTrue(Collections.disjoint(mode.facts, MISSING), () -> "not in this build: " + MISSING);
    ForkedJvm.Result result = run(mode);
    String facts = result.output().lines().filter(line -> line.startsWith("mode: ")).findFirst().orElse("");
    assertEquals(0, result.exit(), result::output);
    for (String fact : mode.facts) {
      assumeTrue(!fact.startsWith("rseq") || !facts.contains("rseq=unknown"), "another C library");
      assumeTrue(!fact.startsWith("huge") || !facts.contains("huge pages=unknown"), "no huge pages in this kernel");
      assertTrue(facts.contains(fact), () -> "not in force: " + fact + "; " + facts);
    }
    long instances = result.number("instances");
    assertTrue(full(mode) == Variant.FULL ? instances == ModesContract.variants().size() + 1 : instances > 10,
        result::output);
    assertTrue(result.number("operations") > 0, result::output);
    System.out.println(mode + ": operations=" + result.number("operations"));
  }

  private static boolean starts(String... command) {
    try {
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  /** A JVM says what it is, so a switch that does nothing would be noticed; and so is a contract that is broken. */
  @Test
  void brokenContractsAndIdleSwitchesAreNoticed() {
    ForkedJvm.Result result = run(COLLECTORS.getFirst(), "broken");
    assertNotEquals(0, result.exit(), result::output);
    assertTrue(result.output().contains("double free"), result::output);
    String facts = result.output().lines().filter(line -> line.startsWith("mode: ")).findFirst().orElseThrow();
    for (Mode other : others()) { // what a machine lacks anyway needs no switch
      boolean met = other.facts.stream().allMatch(facts::contains);
      assertTrue(!met || other.name.startsWith("without") || facts.contains("cpus=1,"), other + ": " + facts);
    }
  }
}
