package dev.slablab.bench.sweep;

import module java.base;
import com.google.gson.*;
import org.openjdk.jmh.infra.BenchmarkParams;
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
    Map<String, List<BenchmarkResult>> forks = new TreeMap<>();
    for (File file : kept(folder)) {
      try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file.toPath()))) {
        BenchmarkResult fork = (BenchmarkResult) in.readObject();
        forks.computeIfAbsent(key(fork.getParams()), _ -> new ArrayList<>()).add(fork);
      } catch (ObjectStreamException | EOFException | ClassNotFoundException | RuntimeException e) {
        throw (IOException) new FileSystemException(file.toString(), null, "is damaged: delete it, " + e).initCause(e);
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

  /** In words: JMH's own comparison takes parameters given one at a time for equal. */
  private static String key(BenchmarkParams params) {
    return params.id() + params.getThreads() + params.getJvmArgs();
  }

  static void forget(RunFolder folder) {
    boolean _ = kept(folder).stream().allMatch(File::delete) && folder.file(KEPT).toFile().delete();
  }

  private static List<File> kept(RunFolder folder) {
    return Stream.ofNullable(folder.file(KEPT).toFile().listFiles()).flatMap(Stream::of).sorted().toList();
  }
}
