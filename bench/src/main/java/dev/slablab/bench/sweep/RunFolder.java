package dev.slablab.bench.sweep;

import module java.base;
import com.google.gson.*;
import dev.slablab.bench.machine.Environment;
import dev.slablab.bench.report.Report;

/** The files of a run. They name no folder of the machine, except where a plan's JVM arguments do. */
public final class RunFolder {
  static final String LOG = "jmh.log";
  static final Gson PRETTY = new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();

  private static final String RESULTS = "results.jsonl";
  private static final String PLAN = "plan.json";
  private static final String ENVIRONMENT = "env.json";
  private static final String COMMAND = "command.txt";
  private static final Gson LINE = new GsonBuilder().disableHtmlEscaping()
      .registerTypeAdapter(Cell.class, (JsonSerializer<Cell>) (cell, _, _) -> name(cell)).create();
  private static final Map<Class<?>, String> LEGAL = Map.of(int.class, "a whole number", String.class, "a text",
      List.class, "a list of numbers", Map.class, "an object of numbers", Fork.Machine.class, "an object of 5 numbers",
      Cell.class, "an object with role, group and subject");
  /** A run that ended before its first fork leaves no more than these. */
  private static final Set<String> NO_RESULTS = Set.of(COMMAND, ENVIRONMENT, PLAN, LOG);
  /** An absolute path, and the name at its end. */
  private static final Pattern PATH = Pattern.compile("(?<![\\w./])/(?:[^/\\s\"',;:=]+/)*([^/\\s\"',;:=]+)/?");

  private final Path folder;

  private RunFolder(Path folder) {
    this.folder = folder;
  }

  /** Makes the folder (empty, or not there yet) and writes what is known before the first fork. */
  public RunFolder(Path folder, String command) throws IOException {
    this(folder);
    checkFree(folder);
    Files.createDirectories(folder);
    write(COMMAND, command + "\n");
    write(ENVIRONMENT, PRETTY.toJson(Environment.facts()) + "\n");
  }

  /** Makes the folder of a sweep. */
  public RunFolder(Path folder, String command, Plan plan) throws IOException {
    this(folder, command);
    Files.writeString(file(PLAN), PRETTY.toJson(plan) + "\n");
  }

  /** {@return the folder of an earlier sweep} */
  public static RunFolder of(Path folder) {
    if (!Files.isRegularFile(folder.resolve(PLAN))) {
      throw new IllegalArgumentException("DIR = " + folder + ": must be the folder of a sweep, with its " + PLAN);
    }
    return new RunFolder(folder);
  }

  /** Refuses to go on with another plan, machine, JVM or jar; drops a line whose writing was interrupted. */
  public void resume(Plan plan, String command, PrintWriter err) throws IOException {
    refuseChanges(PLAN, PRETTY.toJson(plan));
    refuseChanges(ENVIRONMENT, withoutFolders(PRETTY.toJson(Environment.facts())));
    String text = Report.text(file(RESULTS));
    int whole = text.lastIndexOf('\n') + 1;
    if (whole < text.length()) {
      err.println("dropped the last line of " + RESULTS + ", which is torn: its fork runs again");
      Files.writeString(file(RESULTS), text.substring(0, whole));
    }
    Files.writeString(file(COMMAND), withoutFolders(command) + "\n", StandardOpenOption.APPEND);
  }

  private void refuseChanges(String file, String now) throws IOException {
    JsonObject was = Report.object(Report.text(file(file).toRealPath())); // which must be there
    JsonObject is = JsonParser.parseString(now).getAsJsonObject();
    Set<String> names = new LinkedHashSet<>(was.keySet());
    names.addAll(is.keySet());
    names.removeIf(name -> name.equals("load") || Objects.equals(was.get(name), is.get(name)));
    if (!names.isEmpty()) {
      throw new IllegalArgumentException(file + " of " + folder + ": " + names.stream().map(name -> String.format(
          "%s = %.60s, was %.60s", name, is.get(name), was.get(name))).collect(Collectors.joining("; "))
          + ": must be as when the sweep began; start a new one");
    }
  }

  /** Refuses what is no empty folder for results. */
  public static void checkFree(Path folder) throws IOException {
    Path there = Stream.iterate(folder.toAbsolutePath(), Path::getParent)
        .filter(it -> Files.exists(it, LinkOption.NOFOLLOW_LINKS)).findFirst().orElseThrow();
    boolean free = Files.isDirectory(there) && Files.isWritable(there);
    try (Stream<Path> files = free && Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
      if (!free || !files.allMatch(file -> NO_RESULTS.contains("" + file.getFileName()))) {
        throw new IllegalArgumentException("--out = " + folder
            + ": must be an empty folder, or one that does not exist, where this user may write");
      }
    }
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /** {@return what was planned} */
  public Plan plan() throws IOException {
    try {
      JsonObject json = Report.object(Report.text(file(PLAN)));
      return Optional.of(PRETTY.fromJson(json, Plan.class)).filter(plan -> !plan.cells().isEmpty()
          && PRETTY.toJsonTree(plan).equals(json)).orElseThrow();
    } catch (RuntimeException e) { // Gson's, the record's, or nothing is there: something is missing
      throw new IllegalArgumentException("DIR = " + folder + ": its " + PLAN + " is torn or of another version; start a"
          + " new sweep", e);
    }
  }

  /** {@return the forks recorded so far, the beginning of the plan; a torn last line is left out} */
  public List<Fork> forks() throws IOException {
    Plan plan = plan();
    List<Fork> forks = new ArrayList<>();
    String text = Report.text(file(RESULTS));
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
      int round = forks.size() / plan.cells().size();
      int order = forks.size() % plan.cells().size();
      Cell cell = round < plan.rounds() ? plan.round(round).get(order) : Cell.drift();
      String at = RESULTS + " of " + folder + ": line " + (forks.size() + 1);
      Fork fork = fork(Report.object(line), at);
      if (!name(cell).equals(name(fork.cell())) || fork.round() != round
          || (fork.error() == null && !fork.values().containsKey(cell.metric()))) {
        throw new IllegalArgumentException(at + " is not what " + PLAN + " has there, " + cell + " in round " + round
            + " with " + cell.metric() + " or an error; one of the two was changed");
      }
      forks.add(fork.of(cell));
    }
    return forks;
  }

  /** Reads the fields one by one, so that the one that is missing or of another type can be named. */
  private static Fork fork(JsonObject json, String at) {
    for (RecordComponent field : Fork.class.getRecordComponents()) {
      JsonElement is = json.get(field.getName());
      boolean right;
      try {
        Object value = LINE.fromJson(is, field.getGenericType());
        right = value == null ? field.getName().equals("error") : LINE.toJsonTree(value).equals(is)
            && !(value instanceof List<?> list && list.contains(null));
      } catch (RuntimeException e) { // Gson's are of many kinds
        right = false;
      }
      if (!right) {
        throw new IllegalArgumentException(String.format("%s: %s = %.60s: must be %s; restore the file, or start a new"
            + " sweep", at, field.getName(), is, LEGAL.get(field.getType())));
      }
    }
    return LINE.fromJson(json, Fork.class);
  }

  private static JsonElement name(Cell cell) {
    JsonObject name = new JsonObject();
    name.addProperty("role", cell.role().name());
    name.addProperty("group", cell.group());
    name.addProperty("subject", cell.subject());
    return name;
  }

  /** Adds a line to {@code results.jsonl}. */
  public void append(Object fork) throws IOException {
    Files.writeString(file(RESULTS), withoutFolders(LINE.toJson(fork)) + "\n", StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** Writes a file. */
  public void write(String name, String text) throws IOException {
    Files.writeString(file(name), withoutFolders(text));
  }

  /** {@return a word as a shell reads it} */
  public static String quoted(String word) {
    return word.matches("[\\w=.,:/-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** Absolute paths become names. */
  static String withoutFolders(String text) {
    return PATH.matcher(text).replaceAll("$1");
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
