package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.sweep.RunFolder;
import dev.slablab.spec.KmemException;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.*;

/** The subcommands' root: help, and how errors are told. */
@Command(name = "benchmarks.jar", synopsisHeading = "", customSynopsis = {
    "Usage: java -jar benchmarks.jar COMMAND [OPTION...]",
    "       java -jar benchmarks.jar [JMH-OPTION...] [REGEX...]"},
    description = {"", "The lab of Slablab, an off-heap slab allocator."},
    commandListHeading = "%nCommands:%n",
    footer = {"",
        "Everything else goes to JMH unchanged: -h for its options, -l lists the benchmarks, .* runs them all;",
        "every tunable is a parameter: -p spl_kmem_cache_magazine_size=2,64.", "",
        "Exit status: 0 ok, 1 regression or not as asserted, 2 usage, failed cells or output (if it were 0), 3"
        + " inconclusive, 130 interrupted."}, subcommands = {QuickCommand.class, SweepCommand.class,
        CompareCommand.class, GoalsCommand.class, ReplayCommand.class, FootprintCommand.class, ReportCommand.class,
        LayoutCommand.class, ProfileCommand.class, TunablesCommand.class, DoctorCommand.class})
public final class LabCommand implements Runnable {
  private static final int USAGE = 2;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT, description = "Show this help.")
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  LabCommand() {}

  /** Whether a command line that begins with this word is for this class: a subcommand or {@code --help}. */
  public static boolean knows(String word) {
    return word.equals("--help") || subcommands().contains(word);
  }

  static Set<String> subcommands() {
    return new CommandLine(new LabCommand()).getSubcommands().keySet();
  }

  /** Runs a subcommand, and gives the exit status. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = new CommandLine(new LabCommand()).setOut(out).setErr(err).setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler((e, all) -> fail(err, text(e)))
        .setExecutionExceptionHandler((e, command, result) -> {
          if (e instanceof RunnerException || e instanceof IllegalArgumentException || e instanceof KmemException
              || e instanceof IOException || e instanceof UncheckedIOException) {
            return fail(err, text(e));
          }
          e.printStackTrace(err);
          return USAGE;
        });
    return line.execute(args);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** How to repeat what a subcommand does. */
  static String command(CommandSpec spec) {
    return "java -jar benchmarks.jar " + spec.commandLine().getParent().getParseResult().originalArgs().stream()
        .map(RunFolder::quoted).collect(Collectors.joining(" "));
  }

  static void check(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(name + " = " + value + ": must be " + min + ".." + max);
    }
  }

  /** Tells an error, and gives the exit status. */
  public static int fail(PrintWriter err, String message) {
    err.println("slablab: " + message);
    return USAGE;
  }

  /** In a user's words; a file's exception may have its name alone for a message. */
  static String text(Exception e) {
    return e instanceof RunnerException jmh ? Explain.of(jmh)
        : e instanceof PatternSyntaxException word ? "word = " + word.getPattern() + ": must be a regular expression: "
        + word.getDescription() : !(e instanceof FileSystemException file) ? String.valueOf(e.getMessage())
        : "file = " + file.getFile() + ": " + (file.getReason() != null ? file.getReason() : switch (file) {
          case NoSuchFileException _ -> "is not there, or its folder is not";
          case FileAlreadyExistsException _ -> "is a file, must be a folder";
          case AccessDeniedException _ -> "may not be read or written by this user";
          default -> "cannot be read or written: " + file.getClass().getSimpleName();
        });
  }

  private static String text(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      return "argument = " + unmatched.getUnmatched().getFirst() + ": unknown here; see "
          + e.getCommandLine().getCommandName() + " --help";
    }
    ArgSpec argument = e instanceof MissingParameterException missing ? missing.getMissing().getFirst()
        : e.getArgSpec();
    if (argument == null) {
      return String.valueOf(e.getMessage());
    }
    String name = argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    return name + (!(e instanceof MissingParameterException)
        ? " = " + e.getValue() + ": must be " + argument.paramLabel()
        : argument.isPositional() ? ": is missing; see " + e.getCommandLine().getCommandName() + " --help"
        : ": a value is missing, must be " + argument.paramLabel());
  }
}
