package dev.slablab.bench.sweep;

import module java.base;
import dev.slablab.bench.report.*;
import dev.slablab.bench.sweep.Config.Term;
import org.apache.commons.math3.stat.StatUtils;
import org.jspecify.annotations.Nullable;

/** The performance goals as claims with limits, decided by the values of a sweep's rounds. */
public final class Goals implements Sweep.View {
  private static final String GOALS = "goals";

  private final List<String> goals;
  private final List<Claim> claims;

  /** The goals P1 … P7 named, all if none is. */
  public Goals(List<String> goals) {
    this(goals, Claim.all().stream().filter(claim -> goals.isEmpty() || goals.contains(claim.goal())).toList());
    List<String> known = Claim.all().stream().map(Claim::goal).distinct().toList();
    for (String goal : goals) {
      if (!known.contains(goal)) {
        throw new IllegalArgumentException("GOAL = " + goal + ": must be one of " + known);
      }
    }
  }

  Goals(List<String> goals, List<Claim> claims) {
    this.goals = goals;
    this.claims = claims;
  }

  /** {@return what to run} */
  public Plan plan() {
    List<Cell> cells = claims.stream().flatMap(Claim::terms).map(Term::config).distinct()
        .map(config -> new Cell(Cell.Role.SUBJECT, "", RunFolder.withoutFolders(config.toString()), config, Grid.SCORE))
        .toList();
    return new Plan(String.join(" ", GOALS, String.join(" ", goals)).strip(), "Are the performance goals met?", cells,
        List.of(), Plan.ROUNDS, 1, Plan.MILLIS);
  }

  /** Who shows the forks of a plan: the goals it was made for, or a summary. */
  static Sweep.View view(Plan plan) {
    List<String> words = List.of(plan.name().split(" ", -1));
    return words.getFirst().equals(GOALS) ? new Goals(words.subList(1, words.size())) : Summary::show;
  }

  /** Decides: 0 when every claim is met, 1 when one is missed, 3 when one is undecided. */
  @Override
  public int show(Plan plan, List<Fork> forks, RunFolder folder, PrintWriter out) throws IOException {
    Map<Config, Map<Integer, Fork>> values = new LinkedHashMap<>();
    plan.cells().forEach(cell -> values.put(cell.config(), new TreeMap<>()));
    forks.stream().filter(fork -> fork.error() == null).forEach(fork ->
        values.getOrDefault(fork.cell().config(), new TreeMap<>()).put(fork.round(), fork));
    Table table = new Table("goal", "claim", ">value", "95 % interval", ">limit", "verdict", ">rounds");
    boolean missed = false;
    boolean undecided = false;
    for (Claim claim : claims) {
      double[] each = IntStream.range(0, plan.rounds()).mapToObj(round -> value(claim, values, round))
          .filter(Objects::nonNull).mapToDouble(Double::doubleValue).toArray();
      Ratio ratio = each.length == 0 ? null : interval(claim, each, plan.seed());
      String verdict = verdict(claim, ratio);
      missed |= verdict.equals("missed");
      undecided |= verdict.equals("inconclusive") || verdict.equals("failed");
      table.row(claim.goal(), claim.text(), ratio == null ? "–" : number(ratio.median()),
          ratio == null ? "–" : "[" + number(ratio.low()) + ", " + number(ratio.high()) + "]",
          Double.isInfinite(claim.limit()) ? "–" : number(claim.limit()), verdict, Integer.toString(each.length));
    }
    Table medians = new Table("cell", ">median score");
    values.forEach((config, byRound) -> medians.row(config.toString(), byRound.isEmpty() ? "–" : number(StatUtils
        .percentile(byRound.values().stream().mapToDouble(fork -> fork.values().get(Grid.SCORE)).toArray(), 50))));
    folder.write("summary.md", table.markdown() + "\n" + medians.markdown());
    out.print(table);
    return missed ? 1 : undecided ? 3 : 0;
  }

  /** Of a round; null unless all of the claim's cells succeeded in it. */
  private static @Nullable Double value(Claim claim, Map<Config, Map<Integer, Fork>> values, int round) {
    double value = claim.difference() ? 0 : 1;
    for (Term term : claim.terms().toList()) {
      Fork fork = values.getOrDefault(term.config(), Map.of()).get(round);
      Double one = fork == null ? null : fork.values().get(term.metric());
      one = one == null && fork != null && term.metric().equals(Summary.GARBAGE) ? Double.valueOf(0) : one; // JMH: none
      if (one == null) {
        return null;
      }
      boolean over = claim.over().contains(term);
      value = claim.difference() ? value + (over ? one : -one) : over ? value * one : value / one;
    }
    return value;
  }

  private static Ratio interval(Claim claim, double[] each, long seed) {
    double[] ones = new double[each.length];
    Arrays.fill(ones, 1);
    if (!claim.difference()) {
      return Ratio.of(each, ones, seed);
    }
    // The same bootstrap over plain numbers: it takes logarithms, so they go through the exponential.
    double scale = Math.max(1, Arrays.stream(each).map(Math::abs).max().orElse(1));
    Ratio logs = Ratio.of(Arrays.stream(each).map(value -> Math.exp(value / scale)).toArray(), ones, seed);
    return new Ratio(Math.log(logs.median()) * scale, Math.log(logs.low()) * scale, Math.log(logs.high()) * scale,
        logs.rounds(), logs.p());
  }

  private static String verdict(Claim claim, @Nullable Ratio ratio) {
    if (ratio == null) {
      return "failed";
    } else if (Double.isInfinite(claim.limit())) {
      return "reported";
    } else if (ratio.rounds() < Ratio.MIN_ROUNDS) {
      return "inconclusive";
    } else if (ratio.high() <= claim.limit()) {
      return "met";
    }
    return ratio.low() > claim.limit() ? "missed" : "inconclusive";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, Math.abs(value) >= 1000 ? "%,.0f" : "%.2f", value);
  }
}
