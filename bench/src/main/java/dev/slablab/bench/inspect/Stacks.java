package dev.slablab.bench.inspect;

import module java.base;
import dev.slablab.bench.report.Table;

/** Samples by stack, outermost frame first: those of the benchmark's threads, from the benchmark's own method on. */
public final class Stacks {
  private static final String SUITE = "dev.slablab.bench.suite.";
  private static final Pattern KIND = Pattern.compile("_\\[[01ij]]$");
  private static final Pattern ASSERTION = Pattern.compile("(.+)([<>])=\\s*(100|\\d?\\d(?:\\.\\d+)?)");

  private final Map<List<String>, Long> samples = new LinkedHashMap<>();
  /** Of the benchmark; of all threads, compilers and the collector too. */
  long total;
  private long all;

  /** Reads collapsed stacks: lines of frames, joined by semicolons, and a number. */
  static Stacks read(Path collapsed) throws IOException {
    Stacks stacks = new Stacks();
    for (String line : Files.readAllLines(collapsed)) {
      int space = line.lastIndexOf(' ');
      long n = Long.parseLong(line.substring(space + 1));
      List<String> frames = Arrays.stream(line.substring(0, space).split(";", -1))
          .map(frame -> KIND.matcher(frame).replaceFirst("")).dropWhile(frame -> !frame.startsWith(SUITE)).toList();
      int outside = (int) frames.stream().takeWhile(frame -> frame.contains("jmh_generated")).count();
      stacks.all += n;
      if (outside < frames.size() && (outside == 0 || frames.get(outside - 1).endsWith("_jmhStub"))) { // no set-up
        stacks.total += n;
        long _ = stacks.samples.merge(frames.subList(outside, frames.size()), n, Long::sum);
      }
    }
    return stacks;
  }

  /** {@return the same, less other threads, what is outside the benchmark, and how a frame was compiled} */
  List<String> lines() {
    return samples.entrySet().stream().map(stack -> String.join(";", stack.getKey()) + " " + stack.getValue()).toList();
  }

  /** Reads {@code REGEX>=PERCENT}, or {@code <=}. */
  public static Matcher assertion(String text) {
    Matcher parts = ASSERTION.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("--assert = " + text + ": must be REGEX>=PERCENT or REGEX<=PERCENT");
    }
    try {
      Pattern _ = Pattern.compile(parts.group(1).strip());
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("--assert = " + text + ": must begin with a regular expression ("
          + e.getDescription() + ")", e);
    }
    return parts;
  }

  /** Whether as many samples have a frame that the expression finds; the report gets a line. */
  public boolean holds(Matcher assertion, StringBuilder report) {
    Predicate<String> frame = Pattern.compile(assertion.group(1).strip()).asPredicate();
    double found = 100.0 / total * samples.entrySet().stream().filter(stack -> stack.getKey().stream().anyMatch(frame))
        .mapToLong(Map.Entry::getValue).sum();
    double expected = Double.parseDouble(assertion.group(3));
    boolean holds = assertion.group(2).equals(">") ? found >= expected : found <= expected;
    report.append(String.format(Locale.ROOT, "%-6s %5.1f %%: %s%n", holds ? "ok" : "broken", found, assertion.group()));
    return holds;
  }

  /** {@return the frames that most samples end in, and those that most samples are in, as text} */
  public String top(int rows) {
    Map<String, Long> self = new HashMap<>();
    Map<String, Long> within = new HashMap<>();
    samples.forEach((stack, n) -> {
      long _ = self.merge(stack.getLast(), n, Long::sum);
      Set.copyOf(stack).forEach(frame -> Objects.requireNonNull(within.merge(frame, n, Long::sum)));
    });
    Table table = new Table(">self %", ">total %", "frame");
    for (Map<String, Long> by : List.of(self, within)) {
      by.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed()).limit(rows)
          .forEach(row -> table.row(percent(self, row.getKey()), percent(within, row.getKey()), row.getKey()));
      table.row("", "", "");
    }
    return table + String.format(Locale.ROOT, "%d samples, %.1f %% of all threads'%n", total, 100.0 * total / all);
  }

  private String percent(Map<String, Long> of, String frame) {
    return String.format(Locale.ROOT, "%.1f", 100.0 * of.getOrDefault(frame, 0L) / total);
  }
}
