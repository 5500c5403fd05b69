package dev.slablab.bench.sweep;

import module java.base;
import com.google.gson.*;
import org.openjdk.jmh.results.*;
import org.openjdk.jmh.results.format.*;

/**
 * {@code jmh.json}: JMH's own format, the forks of one configuration together. JMH writes it only from its own objects,
 * so those are kept, a file a fork, until all rounds are done.
 */
final class JmhJson {
  private static final String KEPT = "jmh";

  private JmhJson() {}

  static void keep(RunFolder folder, int round, int order, BenchmarkResult fork) throws IOException {
    Files.createDirectories(folder.file(KEPT));
    Path file = folder.file(KEPT).resolve(String.format(Locale.ROOT, "%04d-%04d", round, order));
    try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(file))) {
      out.writeObject(fork);
    }
  }

  static String of(RunFolder folder) throws IOException {
    // By name and parameters in words: JMH's own comparison takes parameters given one at a time for equal.
    Map<String, List<BenchmarkResult>> forks = new TreeMap<>();
    for (Path file : kept(folder)) {
      try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
        BenchmarkResult fork = (BenchmarkResult) in.readObject();
        forks.computeIfAbsent(fork.getParams().id() + fork.getParams().getJvmArgs(), _ -> new ArrayList<>()).add(fork);
      } catch (ClassNotFoundException e) {
        throw new IOException(e);
      }
    }
    List<RunResult> merged = new ArrayList<>();
    forks.values().forEach(all -> merged.add(new RunResult(all.getFirst().getParams(), all)));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream text = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, text).writeOut(merged);
    }
    // JMH ran each fork as a run of its own and says so; merged, the number of forks is that of the raw data.
    JsonArray all = JsonParser.parseString(bytes.toString(StandardCharsets.UTF_8)).getAsJsonArray();
    for (JsonElement one : all) {
      JsonObject benchmark = one.getAsJsonObject();
      benchmark.addProperty("forks", benchmark.getAsJsonObject("primaryMetric").getAsJsonArray("rawData").size());
    }
    return RunFolder.PRETTY.toJson(all) + "\n";
  }

  static void forget(RunFolder folder) throws IOException {
    for (Path file : kept(folder)) {
      Files.delete(file);
    }
    boolean _ = Files.deleteIfExists(folder.file(KEPT));
  }

  private static List<Path> kept(RunFolder folder) throws IOException {
    if (!Files.isDirectory(folder.file(KEPT))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder.file(KEPT))) {
      return files.sorted().toList();
    }
  }
}
