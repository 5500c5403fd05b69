package dev.slablab.bench.goals;

import module java.base;
import com.google.gson.*;
import dev.slablab.bench.goals.Cell.Term;
import dev.slablab.bench.machine.*;
import dev.slablab.bench.report.*;
import dev.slablab.bench.suite.MemoryProfiler;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.*;
import org.openjdk.jmh.runner.options.*;

/** Measures the cells of claims in interleaved rounds, a fork per cell and round, and decides the claims. */
public final class Goals {
  private static final Gson LINE =
      new GsonBuilder().disableHtmlEscaping().serializeSpecialFloatingPointValues().create();
  private static final int TIMEOUT_SECONDS = 120;
  /** Below this many rounds nothing is decided. */
  private static final int ROUNDS_FOR_A_CLAIM = 8;

  private final List<Claim> claims;
  private final Path folder;
  private final int rounds;
  private final long seed;
  private final int iterationMillis;
  /** Per cell, per round: score (under the empty name) and secondary results. */
  private final Map<Cell, Map<Integer, Map<String, Double>>> values = new LinkedHashMap<>();

  /** A run of the goals P1 … P7 named, of all if none is. */
  public Goals(List<String> goals, Path folder, int rounds, long seed, int iterationMillis) {
    this(folder, chosen(goals), rounds, seed, iterationMillis);
  }

  Goals(Path folder, List<Claim> claims, int rounds, long seed, int iterationMillis) {
    this.claims = claims;
    this.folder = folder;
    this.rounds = rounds;
    this.seed = seed;
    this.iterationMillis = iterationMillis;
    claims.stream().flatMap(Claim::terms).forEach(term -> values.put(term.cell(), new HashMap<>()));
  }

  private static List<Claim> chosen(List<String> goals) {
    List<String> known = Claim.all().stream().map(Claim::goal).distinct().toList();
    for (String goal : goals) {
      if (!known.contains(goal)) {
        throw new IllegalArgumentException("GOAL = " + goal + ": must be one of " + known);
      }
    }
    return Claim.all().stream().filter(claim -> goals.isEmpty() || goals.contains(claim.goal())).toList();
  }

  /** Runs all rounds: 0 when every claim is met, 1 when one is missed, 3 when undecided, 2 when a fork failed. */
  public int run(String command, PrintWriter out, PrintWriter err) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("command.txt"), command + "\n");
    Files.writeString(folder.resolve("env.json"),
        new GsonBuilder().setPrettyPrinting().create().toJson(Environment.facts()) + "\n");
    int failed = 0;
    int done = 0;
    long start = System.nanoTime();
    for (int round = 0; round < rounds; round++) {
      List<Cell> cells = new ArrayList<>(values.keySet());
      Collections.shuffle(cells, new Random(seed * 31 + round));
      for (Cell cell : cells) {
        Map<String, Object> line = fork(cell, round);
        failed += line.containsKey("error") ? 1 : 0;
        Files.writeString(folder.resolve("results.jsonl"), LINE.toJson(line) + "\n", StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
        done++;
        long left = (System.nanoTime() - start) / done * (rounds * cells.size() - done) / 1_000_000_000;
        err.printf(Locale.ROOT, "[%3d/%d] %s: %s  ETA %d:%02d%n", done, rounds * cells.size(), cell,
            line.getOrDefault("error", line.get("score")), left / 60, left % 60);
      }
    }
    Table table = new Table("goal", "claim", ">value", "95 % interval", ">limit", "verdict", ">rounds");
    boolean missed = false;
    boolean undecided = false;
    for (Claim claim : claims) {
      double[] each = each(claim);
      Ratio ratio = each.length == 0 ? null : interval(claim, each);
      String verdict = verdict(claim, ratio);
      missed |= verdict.equals("missed");
      undecided |= verdict.equals("inconclusive");
      table.row(claim.goal(), claim.text(), ratio == null ? "–" : number(ratio.median()),
          ratio == null ? "–" : "[" + number(ratio.low()) + ", " + number(ratio.high()) + "]",
          Double.isInfinite(claim.limit()) ? "–" : number(claim.limit()), verdict, Integer.toString(each.length));
    }
    Files.writeString(folder.resolve("summary.md"), table.markdown() + "\n" + medians());
    out.print(table);
    out.println("files: " + folder.toAbsolutePath());
    out.flush();
    return failed > 0 ? 2 : missed ? 1 : undecided ? 3 : 0;
  }

  private Map<String, Object> fork(Cell cell, int round) {
    Proc.Activity before = Proc.Activity.now();
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("round", round);
    line.put("cell", cell.toString());
    try {
      RunResult result = new Runner(options(cell)).runSingle();
      Map<String, Double> all = new TreeMap<>();
      all.put("", result.getPrimaryResult().getScore());
      // JMH adds events up over iterations; the single-shot benchmarks' figures are per iteration.
      double parts = isSingleShot(cell) ? result.getParams().getMeasurement().getCount() : 1;
      result.getSecondaryResults().forEach((name, value) -> all.put(name.replace("·", ""), value.getScore() / parts));
      values.computeIfAbsent(cell, any -> new HashMap<>()).put(round, all);
      line.put("score", all.get(""));
      line.put("unit", result.getPrimaryResult().getScoreUnit());
      line.put("secondary", all);
    } catch (RunnerException e) {
      line.put("error", String.valueOf(e.getMessage()));
    }
    Proc.Activity after = Proc.Activity.now();
    line.put("stealTicks", after.stealTicks() - before.stealTicks());
    line.put("contextSwitches", after.switches() - before.switches());
    line.put("load", after.load());
    return line;
  }

  private Options options(Cell cell) {
    String method = cell.benchmark().replace(".", "\\.");
    ChainedOptionsBuilder options = new OptionsBuilder().include("\\." + method + "$").forks(1)
        .verbosity(VerboseMode.SILENT).timeout(TimeValue.seconds(TIMEOUT_SECONDS)).shouldFailOnError(true)
        .addProfiler(GCProfiler.class).addProfiler(MemoryProfiler.class);
    if (!cell.jvmArgs().isEmpty()) {
      options.jvmArgs(cell.jvmArgs().toArray(String[]::new));
    }
    if (!cell.benchmark().endsWith("handOver")) {
      options.threads(cell.threads());
    }
    if (!isSingleShot(cell)) {
      options.warmupIterations(5).warmupTime(TimeValue.milliseconds(iterationMillis))
          .measurementIterations(5).measurementTime(TimeValue.milliseconds(iterationMillis));
    }
    cell.params().forEach(options::param);
    return options.build();
  }

  private static boolean isSingleShot(Cell cell) {
    return cell.benchmark().startsWith("GrowthTail") || cell.benchmark().startsWith("Oversubscribed");
  }

  /** The claim's value in every round in which all of its cells succeeded; logarithms for ratios. */
  private double[] each(Claim claim) {
    double[] all = new double[rounds];
    int n = 0;
    for (int round = 0; round < rounds; round++) {
      Double over = combine(claim.over(), round, claim.difference());
      Double under = combine(claim.under(), round, claim.difference());
      if (over != null && under != null) {
        all[n++] = claim.difference() ? over - under : over / under;
      }
    }
    return Arrays.copyOf(all, n);
  }

  private @Nullable Double combine(List<Term> terms, int round, boolean difference) {
    double value = difference ? 0 : 1;
    for (Term term : terms) {
      Map<String, Double> fork = values.getOrDefault(term.cell(), Map.of()).get(round);
      Double one = fork == null ? null : fork.get(term.metric());
      if (one == null) {
        return null;
      }
      value = difference ? value + one : value * one;
    }
    return value;
  }

  private Ratio interval(Claim claim, double[] each) {
    double[] ones = new double[each.length];
    Arrays.fill(ones, 1);
    if (!claim.difference()) {
      return Ratio.of(each, ones, seed);
    }
    // The same bootstrap over plain numbers: it takes logarithms, so they go through the exponential.
    double scale = Math.max(1, Arrays.stream(each).map(Math::abs).max().orElse(1));
    Ratio logs = Ratio.of(Arrays.stream(each).map(value -> Math.exp(value / scale)).toArray(), ones, seed);
    return new Ratio(Math.log(logs.median()) * scale, Math.log(logs.low()) * scale, Math.log(logs.high()) * scale,
        logs.rounds());
  }

  private static String verdict(Claim claim, @Nullable Ratio ratio) {
    if (ratio == null) {
      return "failed";
    } else if (Double.isInfinite(claim.limit())) {
      return "reported";
    } else if (ratio.rounds() < ROUNDS_FOR_A_CLAIM) {
      return "inconclusive";
    } else if (ratio.high() <= claim.limit()) {
      return "met";
    }
    return ratio.low() > claim.limit() ? "missed" : "inconclusive";
  }

  private String medians() {
    Table table = new Table("cell", ">median score");
    values.forEach((cell, byRound) -> table.row(cell.toString(),
        number(byRound.values().stream().mapToDouble(all -> all.getOrDefault("", Double.NaN)).sorted()
            .skip(byRound.size() / 2).findFirst().orElse(Double.NaN))));
    return table.markdown();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, Math.abs(value) >= 1000 ? "%,.0f" : "%.2f", value);
  }
}
