package dev.slablab.bench.inspect;

import module java.base;
import java.lang.management.ManagementFactory;
import one.convert.*;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.*;
import org.openjdk.jmh.runner.format.*;
import org.openjdk.jmh.runner.options.*;

/** One benchmark in one fork under the profiler: its full name, all parameters, what is sampled, JMH's options. */
public record Flame(String benchmark, Map<String, String> params, String event, Options given) {
  /** Sampling as fine as keeps the program's pace. Other events are the profiler's to judge. */
  private static final Map<String, String> EVENTS = Map.of("cpu", "event=cpu,interval=1ms", "alloc", "alloc=64k",
      "lock", "lock=0", "wall", "wall=4ms", "nativemem", "nativemem=0");

  /** What the converter colours as Java when it is told so. */
  private static final Pattern JAVA = Pattern.compile("(?:\\w+\\.)+[A-Z][\\w$]*\\.[\\w$<>]+(?=[; ])");

  /** Of the benchmarks that the options choose the only one; of a parameter with several values the first. */
  public static Flame of(Set<BenchmarkListEntry> chosen, String event, Options given) {
    if (chosen.size() != 1) {
      throw new IllegalArgumentException("BENCH = " + given.getIncludes() + ": must name one benchmark, not "
          + chosen.stream().map(BenchmarkListEntry::getUsername).toList());
    }
    BenchmarkListEntry one = chosen.iterator().next();
    Map<String, String> params = new TreeMap<>();
    one.getParams().orElse(Map.of()).forEach((name, values) -> {
      Collection<String> asked = given.getParameter(name).orElse(List.of(values[0]));
      if (asked.size() != 1) {
        throw new IllegalArgumentException("-p = " + name + ": must have one value; --diff compares several");
      }
      params.put(name, asked.iterator().next());
    });
    return new Flame(one.getUsername(), params, event, given);
  }

  /** Says why the event cannot be sampled here; null when it can. */
  public static @Nullable String problem(String event) {
    try {
      String _ = FlameProfiler.execute("start,loglevel=none," + EVENTS.getOrDefault(event, "event=" + event));
      String _ = FlameProfiler.execute("stop");
      return null;
    } catch (RuntimeException | LinkageError e) {
      return "--event = " + event + ": is not to be had on this " + System.getProperty("os.name") + " "
          + System.getProperty("os.arch") + " (" + String.valueOf(e.getMessage()).strip().replace('\n', ' ')
          + "); where async-profiler has a library, " + new TreeSet<>(EVENTS.keySet()) + " need no hardware counters";
    }
  }

  /** Runs the fork; writes {@code flame.html} and {@code collapsed.txt}, and gives the stacks. */
  public Stacks run(Path folder) throws IOException, RunnerException {
    Path recording = Files.createTempFile("slablab", ".jfr");
    try {
      List<String> own = ManagementFactory.getRuntimeMXBean().getInputArguments();
      List<String> jvm = new ArrayList<>(given.getJvmArgs().orElse(own));
      Collections.addAll(jvm, "-XX:+UnlockDiagnosticVMOptions", "-XX:+DebugNonSafepoints"); // where inlined frames are
      ChainedOptionsBuilder options = new OptionsBuilder().parent(given).include("^" + Pattern.quote(benchmark) + "$")
          .forks(1).jvmArgs(jvm.toArray(String[]::new)).shouldFailOnError(true)
          .measurementTime(given.getMeasurementTime().orElse(TimeValue.seconds(2)))
          .addProfiler(FlameProfiler.class,
              EVENTS.getOrDefault(event, "event=" + event) + ",jfr,loglevel=error,file=" + recording);
      params.forEach(options::param);
      var _ = new Runner(options.build(), OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT))
          .runSingle();
      Files.createDirectories(folder);
      JfrToFlame.convert(recording.toString(), folder.resolve("collapsed.txt").toString(), arguments("collapsed"));
    } finally {
      Files.delete(recording);
    }
    Stacks stacks = Stacks.read(folder.resolve("collapsed.txt"));
    Path _ = Files.write(folder.resolve("collapsed.txt"), stacks.lines());
    if (stacks.total == 0) {
      throw new IllegalArgumentException("--event = " + event + ": did not happen in " + benchmark + "; try -r 10");
    }
    graph(folder).dump(Files.newOutputStream(folder.resolve("flame.html")));
    return stacks;
  }

  /** Bytes or nanoseconds where the event has them; frames too narrow to see would only make the graph large. */
  private Arguments arguments(String form) {
    Arguments arguments = new Arguments(("--dot --norm --output " + form
        + (form.equals("html") ? " --minwidth .05" : "") + (EVENTS.containsKey(event) ? " --" + event : "")
        + (event.matches("alloc|lock|nativemem") ? " --total" : "")).split(" ", -1));
    arguments.title = benchmark + ", " + event;
    return arguments;
  }

  private FlameGraph graph(Path folder) throws IOException {
    FlameGraph graph = new FlameGraph(arguments("html"));
    graph.parseCollapsed(new StringReader(
        JAVA.matcher(Files.readString(folder.resolve("collapsed.txt"))).replaceAll("$0_[j]")));
    return graph;
  }

  /** Draws the graph of a folder's stacks, coloured by what is more or less than in another's. */
  public void diff(Path before, Path after, Path to) throws IOException {
    FlameGraph graph = graph(after);
    graph.diff(graph(before));
    graph.dump(Files.newOutputStream(to));
  }
}
