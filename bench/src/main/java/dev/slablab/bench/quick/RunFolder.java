package dev.slablab.bench.quick;

import module java.base;
import com.google.gson.*;
import dev.slablab.bench.machine.Environment;

/** The files of a run. */
public final class RunFolder {
  private static final Gson LINE = new GsonBuilder().disableHtmlEscaping()
      .registerTypeAdapter(Workload.class, (JsonSerializer<Workload>) (one, _, _) -> new JsonPrimitive(one.label()))
      .create();
  private static final Gson PRETTY = new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();

  /** A run that ended before its first fork leaves no more than these. */
  private static final Set<String> NO_RESULTS = Set.of("command.txt", "env.json", "jmh.log");

  private final Path folder;

  /** Makes the folder (empty, or not there yet) and writes what is known before the first fork. */
  public RunFolder(Path folder, String command) throws IOException {
    this.folder = folder;
    if (Files.isRegularFile(folder) || (Files.isDirectory(folder) && !isEmpty(folder))) {
      throw new IllegalArgumentException("--out = " + folder + ": must be an empty folder, or one that does not exist");
    }
    Files.createDirectories(folder);
    write("command.txt", command + "\n");
    write("env.json", PRETTY.toJson(Environment.facts()) + "\n");
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.allMatch(file -> NO_RESULTS.contains(String.valueOf(file.getFileName())));
    }
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /** Adds a line to {@code results.jsonl}. */
  public void append(Object fork) throws IOException {
    Files.writeString(file("results.jsonl"), LINE.toJson(fork) + "\n", StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  void finish(Summary summary, String jmhJson) throws IOException {
    write("jmh.json", PRETTY.toJson(withForks(jmhJson)) + "\n");
    write("summary.csv", summary.csv());
    StringBuilder notes = new StringBuilder();
    summary.notes().forEach(note -> notes.append("* ").append(note).append('\n'));
    write("summary.md", "# The headline comparisons\n\n" + summary.table().markdown() + "\n" + notes
        + "\nRaw data: `results.jsonl`, `jmh.json`; machine: `env.json`; command: `command.txt`.\n");
  }

  /** JMH ran each fork as a run of its own and says so; merged, the number of forks is that of the raw data. */
  private static JsonElement withForks(String jmhJson) {
    JsonArray all = JsonParser.parseString(jmhJson).getAsJsonArray();
    for (JsonElement one : all) {
      JsonObject benchmark = one.getAsJsonObject();
      int forks = benchmark.getAsJsonObject("primaryMetric").getAsJsonArray("rawData").size();
      benchmark.addProperty("forks", forks);
    }
    return all;
  }

  /** Writes a file. */
  public void write(String name, String text) throws IOException {
    Files.writeString(file(name), text);
  }
}
