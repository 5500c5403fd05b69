package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.suite.*;
import org.openjdk.jmh.runner.*;
import org.openjdk.jmh.runner.format.*;
import org.openjdk.jmh.runner.options.*;

/**
 * JMH's own command line. Beyond what JMH does: words that match no benchmark, unknown parameters and illegal values
 * are errors before anything runs; a failed cell makes the exit status 2; memory is always profiled beside time.
 */
public final class JmhCommand {
  private static final int OK = 0;
  /** {@code -p NAME=} in one word or two, of words that are lines. */
  private static final Pattern NAMED = Pattern.compile("(?m)^-p\\n?([^=\\n]+)=");

  private JmhCommand() {}

  /** Runs JMH, and gives the exit status. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    try {
      CommandLineOptions options = new CommandLineOptions(args);
      Runner runner = new Runner(options);
      if (options.shouldHelp()) {
        options.showHelp();
        out.println("Beside JMH's options there are subcommands: " + LabCommand.subcommands() + "; see --help.");
      } else if (options.shouldListProfilers()) {
        options.listProfilers();
      } else if (options.shouldListResultFormats()) {
        options.listResultFormats();
      } else {
        Set<BenchmarkListEntry> _ = check(options, args);
        if (options.shouldList()) {
          runner.list();
        } else if (options.shouldListWithParams()) {
          runner.listWithParams(options);
        } else {
          return benchmarks(err, withMemory(options, args));
        }
      }
      return OK;
    } catch (CommandLineOptionException e) {
      return LabCommand.fail(err, String.valueOf(e.getMessage()).strip() + "; see -h");
    } catch (IOException | RunnerException | IllegalArgumentException | IllegalStateException e) {
      return LabCommand.fail(err, LabCommand.text(e)); // the last of them where -o cannot be written
    }
  }

  private static int benchmarks(PrintWriter err, CommandLineOptions options) throws RunnerException, IOException {
    Cells cells = new Cells();
    PrintStream to = options.getOutput().hasValue()
        ? new PrintStream(Files.newOutputStream(Path.of(options.getOutput().get())), false, Charset.defaultCharset())
        : System.out;
    VerboseMode verbosity = options.verbosity().orElse(Defaults.VERBOSITY);
    OutputFormat format = cells.counting(OutputFormatFactory.createFormatInstance(to, verbosity), to == System.out);
    new Runner(options, format).run();
    return cells.failed() == 0 ? OK
        : LabCommand.fail(err, "failed cells = " + cells.failed() + " of " + cells.started() + ": see JMH's output");
  }

  private static CommandLineOptions withMemory(CommandLineOptions options, String[] args)
      throws CommandLineOptionException {
    String name = MemoryProfiler.class.getName();
    if (options.getProfilers().stream().anyMatch(profiler -> profiler.getKlass().equals(name))) {
      return options;
    }
    List<String> more = new ArrayList<>(List.of(args));
    more.addAll(List.of("-prof", name));
    return new CommandLineOptions(more.toArray(String[]::new));
  }

  /** Gives the benchmarks chosen. */
  static Set<BenchmarkListEntry> check(CommandLineOptions options, String[] args) {
    OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
    BenchmarkList list = BenchmarkList.defaultList();
    for (String word : options.getIncludes()) {
      if (list.find(silent, List.of(word), List.of()).isEmpty()) {
        throw new IllegalArgumentException("word = " + word + ": is no subcommand " + LabCommand.subcommands()
            + " and matches no benchmark (-l lists them)");
      }
    }
    Set<BenchmarkListEntry> chosen = list.find(silent, options.getIncludes(), options.getExcludes());
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException("-e = " + options.getExcludes() + ": leaves no benchmark");
    }
    Set<String> known = new TreeSet<>();
    for (BenchmarkListEntry entry : chosen) {
      known.addAll(entry.getParams().orElse(Map.of()).keySet());
    }
    for (String name : named(args)) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException("-p = " + name + ": no such parameter of the benchmarks chosen; there are "
            + known);
      }
      Collection<String> values = options.getParameter(name).orElse(List.of());
      values.forEach(value -> Parameters.check(name, value));
      for (String generation : options.getParameter(Parameters.GENERATION).orElse(List.of())) {
        Parameters.check(Parameters.GENERATION, generation);
        values.forEach(value -> Parameters.check(name, value, generation));
      }
    }
    return chosen;
  }

  /** JMH keeps the parameters' names to itself. */
  private static List<String> named(String[] args) {
    return NAMED.matcher(String.join("\n", args)).results().map(one -> one.group(1).strip()).toList();
  }
}
