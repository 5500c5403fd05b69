package dev.slablab.bench.sweep;

import module java.base;
import dev.slablab.bench.machine.Proc;
import dev.slablab.bench.report.Ratio;

/**
 * What to run, {@code plan.json}: the cells (headline first), the secondary results to show beside time, memory and
 * garbage, the seed of order and statistics, the length of an iteration. An interrupted sweep goes on only with the
 * same.
 */
public record Plan(String name, String question, List<Cell> cells, List<String> also, int rounds, long seed,
    int millis) {
  /** As many as a claim needs. */
  public static final int ROUNDS = Ratio.MIN_ROUNDS;
  /** Length of an iteration. */
  public static final int MILLIS = 200;
  /** Iterations before those that count: much has to be compiled, and slabs have to settle. */
  static final int WARM_UPS = 6;
  static final int MEASURED = 4;
  /** To start a JVM and touch its heap. */
  private static final double START_SECONDS = 0.7;
  /** A JVM that waits for a debugger would never start. */
  private static final int START_LIMIT = 10;

  /** Checks that records can tell the cells apart. */
  public Plan {
    also = List.copyOf(also);
    for (Cell cell : cells) {
      if (cells.stream().filter(cell::sameName).count() > 1) {
        throw new IllegalArgumentException("cell = " + cell + ": must be there once only");
      }
    }
  }

  /** Cells with their controls: each baseline once more, and the kernel without an allocator. */
  public static Plan of(String name, String question, List<Cell> cells, List<String> also) {
    List<Cell> all = new ArrayList<>();
    for (Cell cell : cells) {
      all.add(cell);
      if (cell.role() == Cell.Role.BASELINE) {
        all.add(cell.as(Cell.Role.CONTROL));
      }
    }
    all.add(Cell.drift());
    return new Plan(name, question, all, also, ROUNDS, 1, MILLIS);
  }

  /** {@return the same cells with other rounds} */
  public Plan with(int times, long otherSeed, int length) {
    return new Plan(name, question, cells, also, times, otherSeed, length);
  }

  /** Starts each JVM that is asked for, as a fork's but where it may write: a fork would tell in its log alone. */
  public void checkJvms() throws IOException {
    Map<List<String>, List<String>> commands = new LinkedHashMap<>();
    for (Config config : cells.stream().map(Cell::config).filter(it -> !it.jvmArgs().isEmpty()).toList()) {
      List<String> command = Proc.jvm(config.jvmArgs());
      command.addAll(1, Benchmarks.of(config.benchmark()).getJvmArgsPrepend().orElse(List.of()));
      command.addAll(Benchmarks.of(config.benchmark()).getJvmArgsAppend().orElse(List.of()));
      command.add("-version");
      commands.put(command, config.jvmArgs());
    }
    for (List<String> command : commands.keySet()) {
      Path folder = Files.createTempDirectory("slablab");
      String said = said(command, folder);
      try (Stream<Path> left = Files.walk(folder)) {
        left.map(Path::toFile).forEach(File::deleteOnExit);
      }
      if (!said.isEmpty() && !said(command, Path.of("").toAbsolutePath()).isEmpty()) { // files may be relative to here
        throw new IllegalArgumentException("--jvm-args = " + String.join(" ", commands.get(command)) + ": must be"
            + " arguments with which a fork's JVM starts; " + said);
      }
    }
  }

  /** What a JVM says that does not start in a folder; an empty text when it does. */
  private static String said(List<String> command, Path folder) throws IOException {
    Process jvm = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    CompletableFuture.delayedExecutor(START_LIMIT, TimeUnit.SECONDS).execute(jvm.toHandle()::destroyForcibly);
    String said = "it says: " + String.join(" ", jvm.inputReader().readAllLines());
    return jvm.onExit().join().exitValue() == 0 ? "" : said;
  }

  /** The cells of a round in their order. */
  List<Cell> round(int round) {
    List<Cell> order = new ArrayList<>(cells);
    Collections.shuffle(order, new Random(seed * 31 + round));
    return order;
  }

  /** {@return the cells, how many forks they take and about how long} */
  public String describe() {
    StringBuilder text = new StringBuilder(name + ": " + question + "\n\n");
    cells.forEach(cell -> text.append(String.format(Locale.ROOT, "%-8s  %s  (%s)%n",
        cell.role().name().toLowerCase(Locale.ROOT), cell, cell.config())));
    int forks = rounds * cells.size();
    long seconds = Math.round(forks * (START_SECONDS + (WARM_UPS + MEASURED) * millis / 1000.0));
    return text.append(String.format(Locale.ROOT, "%n%d cells × %d rounds = %d forks, ETA about %d:%02d%n",
        cells.size(), rounds, forks, seconds / 60, seconds % 60)).toString();
  }
}
