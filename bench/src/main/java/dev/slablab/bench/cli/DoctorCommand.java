package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.inspect.Flame;
import dev.slablab.bench.machine.*;
import dev.slablab.bench.report.Table;
import dev.slablab.bench.subject.*;
import dev.slablab.percpu.Magazines;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code doctor}: what works on this machine, line by line, and what that means for the figures. */
@Command(name = "doctor", description = "What works on this machine, and how noisy it is.")
final class DoctorCommand implements Runnable {
  private static final double NOISY = 0.05;
  /** More than this share of the cores busy with something else. */
  private static final double BUSY = 0.25;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final Table table = new Table("", "what", "found", "remark");

  @Override
  public void run() {
    Map<String, Object> facts = Environment.facts();
    int cores = (Integer) facts.getOrDefault("cores", 1);
    says(true, "JDK", facts.get("jdk"), "");
    says(true, "JVM flags", facts.get("jvmFlags"), "added by the launcher");
    says(true, "collector", facts.get("collector"), "forks use the same flags; -jvmArgsAppend -XX:+UseZGC for another");
    says(true, "CPU", facts.get("cpu"), "caches: " + facts.get("caches"));
    says(cores >= 2, "cores", cores, cores >= 2 ? "" : "the collector and producer/consumer need a second one");
    says(!"powersave".equals(facts.get("governor")), "governor", facts.get("governor"), "");
    boolean virtual = !"none seen".equals(facts.get("hypervisor"));
    says(!virtual, "hypervisor", facts.get("hypervisor"),
        virtual ? "neighbours may take time: compare within rounds" : "");
    says(true, "kernel", facts.get("kernel"), "");
    boolean always = "always".equals(facts.get("transparentHugePages"));
    says(!always, "transparent huge pages", facts.get("transparentHugePages"),
        always ? "peers may get huge pages, Slablab's range only with huge_pages=1" : "");
    says(true, "huge pages", facts.get("hugePages"), "reserved ones; none are needed");
    says(true, "memory", facts.get("memory"), "cgroup limit: " + facts.get("cgroupMemoryLimit"));
    says(true, "CPU limit", facts.get("cgroupCpuLimit"), "cgroup quota; empty, max or -1 = none");
    boolean strict = "2".equals(facts.get("overcommit"));
    says(!strict, "overcommit", facts.get("overcommit"), strict ? "the range may have to be reserved smaller" : "");
    boolean range = String.valueOf(facts.get("pageSource")).contains("mmap");
    says(range, "page source", facts.get("pageSource"), range ? "" : "no mmap here: java.lang.foreign arenas, slower");
    boolean biased = "BIASED".equals(facts.get("placement"));
    says(biased, "magazine placement", facts.get("placement"), Magazines.support() + "; "
        + facts.get("magazinesPerCache") + " shared magazines per cache" + (biased ? ", 4 × as many biased slots"
        : "; biased slots need membarrier and magazine_placement=0"));
    boolean malloc = SubjectKind.hasMalloc();
    says(malloc, "native malloc", malloc ? "found" : "missing", malloc ? "LD_PRELOAD: " + facts.get("preloaded")
        : "leave " + SubjectKind.NATIVE_MALLOC + " out");
    boolean unsafe = Boolean.TRUE.equals(facts.get("nettyUnsafe"));
    says(unsafe, "Netty", facts.get("netty"), unsafe ? "with Unsafe, as it is fastest" : "without Unsafe: slower");
    String problem = Flame.problem("cpu");
    says(problem == null, "async-profiler", problem == null ? "works" : problem, "for profile");
    double load = ((Number) facts.getOrDefault("load", -1)).doubleValue();
    boolean busy = load > BUSY * cores;
    says(!busy, "load", load, busy ? "something else runs here: figures will not repeat" : "");
    Noise.Spread noise = Noise.probe();
    boolean noisy = noise.p90() > NOISY;
    says(!noisy, "noise",
        String.format(Locale.ROOT, "p90 +%.1f %%, max +%.1f %%", 100 * noise.p90(), 100 * noise.max()),
        noisy ? "the same " + Math.round(noise.medianMillis()) + " ms of work vary: trust intervals, not figures" : "");
    says(true, "benchmarks.jar", "commit " + facts.get("commit"), "");
    spec.commandLine().getOut().print(table);
  }

  private void says(boolean ok, String what, @org.jspecify.annotations.Nullable Object found, String remark) {
    table.row(ok ? "ok" : "warn", what, String.valueOf(found), remark);
  }
}
