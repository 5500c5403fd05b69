package dev.slablab.bench.report;

import module java.base;
import com.google.gson.*;

/** A folder of results as one HTML page that needs nothing but itself: script, style, data and chart library inside. */
public final class Report {
  private static final String CHART = "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";
  private static final String RESULTS = "results.jsonl";

  private final Path folder;
  private final String baseline;
  private final List<String> notes = new ArrayList<>();

  private Report(Path folder, String baseline) {
    this.folder = folder;
    this.baseline = baseline;
  }

  /** Writes a picture of all ratios, as SVG; gives what could not be read. */
  public static List<String> picture(Path folder, Path file, String baseline) throws IOException {
    Report report = new Report(folder, baseline);
    JsonObject data = report.data();
    JsonArray groups = data.getAsJsonArray("groups");
    String what = groups.size() > 1 ? "" : groups.get(0).getAsJsonObject().get("name").getAsString() + ", ";
    try {
      Files.writeString(file, new RatioChart(groups).svg(what + data.get("title").getAsString(),
          baseline.isEmpty() ? "baseline" : baseline));
      return report.notes;
    } catch (InternalError | LinkageError e) { // of Java's fonts
      throw new IllegalArgumentException("--svg: must have a font to measure with; install fontconfig and"
          + " fonts-dejavu-core, or what they are called here", e);
    }
  }

  /** Writes the page of a run, or of several; another baseline than the run's own if not empty. Gives the same. */
  public static List<String> write(Path folder, Path page, String baseline) throws IOException {
    Report report = new Report(folder, baseline);
    // Text of the page is put in behind the template's own, so that no value is taken for a placeholder.
    StringBuilder html = new StringBuilder();
    for (String part : resource("report.html").split("\\{\\{", -1)) {
      int end = part.indexOf("}}");
      html.append(end < 0 ? part : switch (part.substring(0, end)) {
        case "style" -> resource("report.css");
        case "chart" -> chart();
        case "data" -> new Gson().toJson(report.data()); // Gson writes <, > and & as \\u escapes
        case "script" -> resource("report.js");
        default -> throw new IllegalStateException("placeholder = " + part.substring(0, end));
      }).append(end < 0 ? "" : part.substring(end + 2));
    }
    Files.writeString(page, html);
    return report.notes;
  }

  private JsonObject data() throws IOException {
    List<ForkLine> forks = new ArrayList<>();
    JsonArray questions = new JsonArray();
    for (Path file : results()) {
      String within = Objects.toString(folder.relativize(file).getParent(), "");
      Path planned = file.resolveSibling("plan.json");
      JsonObject plan = object(text(planned));
      boolean _ = plan.isEmpty() && Files.exists(planned) && notes.add(folder.relativize(planned) + " cannot be read");
      JsonArray cells = plan.get("cells") instanceof JsonArray all ? all : new JsonArray();
      questions.add(plan.get("question"));
      List<JsonObject> lines = text(file).lines().map(Report::object).toList();
      ForkLine.nameBaseline(lines);
      for (int number = 1; number <= lines.size(); number++) {
        try {
          forks.add(ForkLine.of(lines.get(number - 1), within, cells));
        } catch (RuntimeException e) { // not ours: told, and the rest is shown
          notes.add(folder.relativize(file) + ", line " + number + " is left out: "
              + (lines.get(number - 1).isEmpty() ? "it is torn" : e.getMessage()));
        }
      }
    }
    if (forks.isEmpty()) {
      throw new IllegalArgumentException("DIR = " + folder + ": " + RESULTS + " has no fork that could be read");
    }
    if (!baseline.isEmpty()) {
      Set<String> subjects = new TreeSet<>(forks.stream().map(one -> "" + one.params().get(ForkLine.SUBJECT)).toList());
      if (!subjects.contains(baseline)) {
        throw new IllegalArgumentException("--baseline = " + baseline + ": must be one of " + subjects);
      }
      forks.replaceAll(fork -> fork.against(baseline));
    }
    ReportData figures = new ReportData(forks);
    JsonObject data = new JsonObject();
    data.addProperty("title", Objects.toString(folder.toAbsolutePath().normalize().getFileName(), ""));
    data.addProperty("forks", forks.size());
    for (String name : List.of("command.txt", "env.json", "summary.csv", "summary.md")) {
      data.addProperty(name, text(folder.resolve(name)));
    }
    data.add("questions", questions);
    data.add("failed", figures.failed());
    data.add("notes", new Gson().toJsonTree(notes));
    data.add("groups", figures.groups());
    return data;
  }

  /** {@return a file's text, empty where there is no file; what is said of one that cannot be read names it} */
  public static String text(Path file) throws IOException {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw e instanceof FileSystemException ? e : new FileSystemException(file.toString(), null,
          e instanceof CharacterCodingException ? "must be UTF-8 text, but is damaged" : e.getMessage());
    }
  }

  /** {@return the object this text is, an empty one where it is none: cut off, or changed} */
  public static JsonObject object(String text) {
    try {
      return JsonParser.parseString(text).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      return new JsonObject();
    }
  }

  private List<Path> results() throws IOException {
    try (Stream<Path> all = Files.find(folder, 2, (file, _) -> file.endsWith(RESULTS) && !file.equals(folder))) {
      return Optional.of(all.sorted().toList()).filter(files -> !files.isEmpty()).orElseThrow();
    } catch (NoSuchElementException | NoSuchFileException e) {
      throw new IllegalArgumentException("DIR = " + folder + ": must be a folder of results, with " + RESULTS
          + " in it or in its folders", e);
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Report.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The library's browser build, without the reference to its source map, which a browser would fetch. */
  private static String chart() throws IOException {
    Properties maven = new Properties();
    maven.load(new StringReader(resource(CHART)));
    return resource("/META-INF/resources/webjars/chart.js/" + maven.getProperty("version") + "/dist/chart.umd.js")
        .replaceAll("(?m)^//# sourceMappingURL=.*$", "");
  }
}
