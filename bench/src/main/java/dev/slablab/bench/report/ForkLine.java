package dev.slablab.bench.report;

import module java.base;
import com.google.gson.*;
import org.jspecify.annotations.Nullable;

/**
 * A line of {@code results.jsonl}, of whichever command: who was measured, under which parameters, with which figures.
 *
 * @param group cells of one group are shown together
 * @param comparison cells of one are compared with its baseline; empty where the line does not say
 * @param role {@code BASELINE}, {@code SUBJECT} …; empty where the command knows none
 * @param params {@value #SUBJECT} (or the benchmark's method) first
 * @param metric what is compared, {@value #TIME} where the plan says nothing else
 * @param metrics figures by name, the time under {@value #TIME}
 * @param samples of a replay: event, live, resident; empty elsewhere
 * @param error why there are no figures
 */
record ForkLine(String group, String comparison, String role, Map<String, String> params, int round,
    String metric, Map<String, Double> metrics, JsonArray samples, @Nullable String error) {
  static final String TIME = "time";
  static final String SUBJECT = "subject";

  private static final Pattern CELL = Pattern.compile("([\\w.]+)(?: \\{(.*?)})?(?: -t (\\d+))?(?: (.*))?");
  /** What is no figure: it names the fork, or it is in the time already. */
  private static final Set<String> NO_FIGURES = Set.of("round", "order", "memory", "", "gc.count", "gc.time",
      "gc.alloc.rate");

  /** Reads a line; {@code folder} is where its file lies within the report's, {@code plan} the cells of its plan. */
  static ForkLine of(JsonObject line, String folder, JsonArray plan) {
    LinkedHashMap<String, String> params = new LinkedHashMap<>();
    String comparison = "";
    String metric = "";
    switch (line.get("cell")) {
      case null -> {
        params.put(SUBJECT, text(line.get("subject")));
        putIf(params, "role", text(line.get("role")));
      }
      case JsonObject cell -> {
        comparison = text(cell.get("group"));
        JsonObject planned = planned(cell, plan);
        metric = text(planned.get("metric"));
        flatten(planned.get("config") instanceof JsonObject config ? config : cell, params);
        putIf(params, "role", text(cell.get("role")));
      }
      case JsonPrimitive cell -> parse(cell.getAsString(), params);
      default -> throw wrong(line, "cell", "a text or an object");
    }
    String role = Objects.requireNonNullElse(params.remove("role"), "");
    String group = Stream.of(folder, benchmark(params), Objects.requireNonNullElse(params.remove("workload"), ""),
        Objects.requireNonNullElse(params.remove("group"), "")).filter(part -> !part.isEmpty())
        .collect(Collectors.joining(" · "));
    String who = params.remove(SUBJECT);
    if (who != null) {
      String _ = params.putFirst(SUBJECT, who);
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    boolean timed = metric.isEmpty() || metric.equals("score");
    figures(line, timed, metrics);
    for (String part : List.of("values", "secondary", "machine", "iterations", "samples")) {
      JsonElement is = line.get(part);
      boolean list = part.equals("iterations") || part.equals("samples");
      if (is != null && !(numbers(is) && (list ? is.isJsonArray() : is.isJsonObject()))) {
        throw wrong(line, part, list ? "a list of numbers" : "an object of numbers");
      } else if (is instanceof JsonObject object) {
        figures(object, timed, metrics);
      }
    }
    if (!String.valueOf(line.get("round")).matches("\\d{1,9}")) {
      throw wrong(line, "round", "a whole number");
    }
    JsonElement error = line.get("error");
    return new ForkLine(group.isEmpty() ? "All" : group, comparison, role, params, line.get("round").getAsInt(),
        timed ? TIME : metric, metrics, line.get("samples") instanceof JsonArray samples ? samples : new JsonArray(),
        error == null || error.isJsonNull() ? null : text(error));
  }

  private static IllegalArgumentException wrong(JsonObject line, String name, String legal) {
    return new IllegalArgumentException(String.format("%s = %.60s: must be %s", name, line.get(name), legal));
  }

  /** All the way down. */
  private static boolean numbers(JsonElement is) {
    return is instanceof JsonObject object ? object.asMap().values().stream().allMatch(ForkLine::numbers)
        : is instanceof JsonArray list ? list.asList().stream().allMatch(ForkLine::numbers)
        : is instanceof JsonPrimitive value && value.isNumber() && Double.isFinite(value.getAsDouble());
  }

  /** What the plan says of a cell, or the cell itself. */
  private static JsonObject planned(JsonObject cell, JsonArray plan) {
    return plan.asList().stream().map(JsonElement::getAsJsonObject).filter(one -> Stream.of("role", "group", "subject")
            .allMatch(name -> Objects.equals(one.get(name), cell.get(name))))
        .findFirst().orElse(cell);
  }

  /** Older replays name no baseline: it is Slablab where it took part, else the first subject. */
  static void nameBaseline(Collection<JsonObject> lines) {
    List<JsonObject> old = lines.stream().filter(line -> line.has(SUBJECT) && !line.has("cell")
        && !line.has("role")).toList();
    List<String> subjects = old.stream().map(line -> text(line.get(SUBJECT))).toList();
    String baseline = subjects.contains("SLABLAB") || subjects.isEmpty() ? "SLABLAB" : subjects.getFirst();
    old.stream().filter(line -> text(line.get(SUBJECT)).equals(baseline))
        .forEach(line -> line.addProperty("role", "BASELINE"));
  }

  /** A cell as {@code goals} writes it: {@code LiveSet.slabBuf {live=128} -t 2 -Dname=value}. */
  private static void parse(String cell, Map<String, String> params) {
    Matcher parts = CELL.matcher(cell);
    if (!parts.matches()) {
      params.put(SUBJECT, cell);
      return;
    }
    params.put("benchmark", parts.group(1));
    for (String pair : Objects.requireNonNullElse(parts.group(2), "").split(", ", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        params.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    putIf(params, "threads", parts.group(3));
    putIf(params, "jvm", parts.group(4));
  }

  /** Class and method; only the class where the method is who is measured. */
  private static String benchmark(Map<String, String> params) {
    String[] name = Objects.requireNonNullElse(params.remove("benchmark"), "").split("\\.", -1);
    int last = name.length - 1;
    if (last == 0 || params.containsKey(SUBJECT)) {
      return last == 0 ? name[0] : name[last - 1] + "." + name[last];
    }
    params.put(SUBJECT, name[last]);
    return name[last - 1];
  }

  private static void putIf(Map<String, String> params, String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      params.put(name, value);
    }
  }

  private static void flatten(JsonObject object, Map<String, String> params) {
    object.entrySet().forEach(entry -> {
      JsonElement value = entry.getValue();
      if (value instanceof JsonObject inner) {
        flatten(inner, params);
      } else if (value instanceof JsonArray list) {
        putIf(params, entry.getKey().equals("jvmArgs") ? "jvm" : entry.getKey(),
            list.asList().stream().map(ForkLine::text).collect(Collectors.joining(" ")));
      } else {
        putIf(params, entry.getKey(), text(value));
      }
    });
  }

  /** The score is a time only where it is what is compared: a single shot's is its whole burst. */
  private static void figures(JsonObject object, boolean timed, Map<String, Double> metrics) {
    object.entrySet().forEach(entry -> {
      String name = entry.getKey();
      if (!NO_FIGURES.contains(name) && entry.getValue() instanceof JsonPrimitive value && value.isNumber()) {
        double figure = value.getAsDouble();
        if (Double.isFinite(figure)) {
          metrics.put((timed && name.equals("score")) || name.equals("nsPerOp") ? TIME : name, figure);
        }
      }
    });
  }

  private static String text(@Nullable JsonElement value) {
    return value == null ? "" : value.isJsonPrimitive() ? value.getAsString() : value.toString();
  }

  /** The same where this subject is the baseline. */
  ForkLine against(String baseline) {
    String now = baseline.equals(params.get(SUBJECT)) ? "BASELINE" : role.equals("BASELINE") ? "SUBJECT" : role;
    return new ForkLine(group, comparison, now, params, round, metric, metrics, samples, error);
  }

  /** Whether the other is of the comparison this one is of, or, if none is named, differs in who was measured only. */
  boolean comparable(ForkLine other) {
    if (!comparison.isEmpty()) {
      return comparison.equals(other.comparison);
    }
    Map<String, String> mine = new HashMap<>(params);
    Map<String, String> others = new HashMap<>(other.params);
    mine.keySet().removeAll(Set.of(SUBJECT, "jvm"));
    others.keySet().removeAll(Set.of(SUBJECT, "jvm"));
    return group.equals(other.group) && mine.equals(others);
  }
}
