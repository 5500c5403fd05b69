package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.inspect.*;
import dev.slablab.bench.machine.Environment;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.*;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code profile}: a flame graph of one benchmark, and whether it looks as it should. */
@Command(name = "profile", description = "Where the time of one benchmark goes: flame graph, collapsed stacks, top"
    + " frames. One fork; other options are JMH's: -p NAME=VALUE, -t, -wi, -i, -r (here 2 s).",
    footer = {"", "Exit status: 0 ok, 1 a share is not as asserted, 2 usage or a failed fork."})
final class ProfileCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "BENCH", description = "Part of the name of one benchmark (-l lists them). Of a"
      + " parameter with several values the first is taken.")
  private String bench = "";

  @Option(names = "--event", paramLabel = "EVENT", defaultValue = "cpu",
      description = "cpu (default), alloc, lock, wall, nativemem; or what this machine has, as cycles.")
  private String event = "";

  @Option(names = "--diff", paramLabel = "NAME=A,B", description = "A fork for each value of a parameter; graphs"
      + " of what differs from the first.")
  private @Nullable String diff;

  @Option(names = "--assert", paramLabel = "REGEX>=PERCENT", description = "How many of the benchmark's samples must"
      + " have such a frame, or <= may. Repeatable.")
  private List<String> asserts = List.of();

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the files go.")
  private Path out = Path.of("");

  @Unmatched private List<String> jmh = new ArrayList<>();

  @Override
  public Integer call() throws IOException, RunnerException {
    asserts.forEach(Stacks::assertion);
    jmh.addFirst(bench);
    Map<String, Flame> runs = runs();
    String problem = Flame.problem(event);
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    StringBuilder report = new StringBuilder(LabCommand.command(spec).replaceAll("--out[ =]\\S+", "--out DIR")
        + "\ncommit " + Environment.facts().get("commit") + ", JDK " + Runtime.version() + "\n");
    boolean holds = true;
    Path first = out.resolve(runs.keySet().iterator().next());
    for (Map.Entry<String, Flame> run : runs.entrySet()) {
      Path folder = out.resolve(run.getKey());
      Stacks stacks = run.getValue().run(folder);
      report.append('\n').append(run.getKey()).append('\n').append(stacks.top(12));
      for (String share : asserts) {
        holds &= stacks.holds(Stacks.assertion(share), report);
      }
      if (!first.equals(folder)) {
        run.getValue().diff(first, folder, out.resolve("diff-" + run.getKey() + ".html"));
      }
    }
    Files.writeString(out.resolve("profile.txt"), report);
    spec.commandLine().getOut().append(report).flush();
    return holds ? 0 : 1;
  }

  /** By the name of the folder below ours. */
  private Map<String, Flame> runs() throws IOException {
    Flame flame;
    try {
      CommandLineOptions options = new CommandLineOptions(jmh.toArray(String[]::new));
      flame = Flame.of(JmhCommand.check(options, jmh.toArray(String[]::new)), event, options);
    } catch (CommandLineOptionException e) {
      throw new IllegalArgumentException(String.valueOf(e.getMessage()).strip() + "; see profile --help", e);
    }
    if (diff == null) {
      return Map.of("", flame);
    }
    String name = diff.replaceFirst("=.*", "");
    String[] values = diff.replaceFirst("[^=]*=?", "").split(",", -1);
    if (!flame.params().containsKey(name) || values.length < 2) {
      throw new IllegalArgumentException("--diff = " + diff + ": must be NAME=A,B, with a parameter of "
          + flame.params().keySet());
    }
    Map<String, Flame> runs = new LinkedHashMap<>();
    for (String value : values) {
      dev.slablab.bench.suite.Parameters.check(name, value);
      Map<String, String> params = new TreeMap<>(flame.params());
      params.put(name, value);
      runs.put(name + "-" + value, new Flame(flame.benchmark(), params, event, flame.given()));
    }
    return runs;
  }
}
