package dev.slablab.bench.cli;

import module java.base;
import com.google.gson.*;
import dev.slablab.*;
import dev.slablab.bench.machine.Proc;
import dev.slablab.bench.replay.*;
import dev.slablab.bench.report.Table;
import dev.slablab.spec.*;
import java.lang.management.ManagementFactory;
import org.openjdk.jol.info.*;
import org.openjdk.jol.vm.VM;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code layout}: where JVMs put the fields of core's hot objects. Each mode is a JVM of its own, this one's too. */
@Command(name = "layout", description = "Where JVMs put the fields of the allocator's objects, and the Java heap that a"
    + " cache and a live object take (JOL). Not with ZGC.")
final class LayoutCommand implements Callable<Integer> {
  private static final String THIS = "this JVM";
  private static final Map<String, List<String>> MODES = new TreeMap<>(Map.of(THIS, List.of(),
      "compact headers", List.of("-XX:+UseCompactObjectHeaders"), "ordinary headers",
      List.of("-XX:-UseCompactObjectHeaders"), "full references", List.of("-XX:-UseCompressedOops")));
  private static final List<String> CLASSES = List.of(("percpu.Lease percpu.Magazine percpu.SlotTable percpu.Magazines"
      + " percpu.SharedMagazines percpu.Depot percpu.BufferPool slab.SlabList spl.Slab spl.SlabLists spl.SplCache"
      + " linux.LinuxSlab linux.Node linux.ArrayCache linux.LinuxCache KmemCache").split(" ", -1));
  private static final int CACHES = 64;
  private static final int OBJECTS = 1 << 17;

  /** What one JVM says: sizes by name, tables by class. */
  private record Seen(Map<String, Double> bytes, Map<String, List<String>> fields) {}

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "As JSON, for programs: every field in every mode.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (ManagementFactory.getGarbageCollectorMXBeans().stream().anyMatch(bean -> bean.getName().contains("ZGC"))) {
      throw new IllegalArgumentException("collector = ZGC: JOL misreads its references; use G1, Serial or Parallel");
    }
    Map<String, Seen> all = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> mode : MODES.entrySet()) {
      spec.commandLine().getErr().printf("[%d/%d] a JVM with %s%n", all.size() + 1, MODES.size(), mode.getKey());
      all.put(mode.getKey(), fork(mode.getValue()));
    }
    PrintWriter out = spec.commandLine().getOut();
    Seen here = Objects.requireNonNull(all.get(THIS));
    if (json) {
      out.println(new GsonBuilder().setPrettyPrinting().create().toJson(all));
    } else {
      here.fields.forEach((name, lines) -> out.println(name + "\n" + String.join("\n", lines) + "\n"));
      Table table = new Table(Stream.concat(Stream.of("bytes"), all.keySet().stream().map(mode -> ">" + mode))
          .toArray(String[]::new));
      DecimalFormat number = new DecimalFormat("0.#", DecimalFormatSymbols.getInstance(Locale.ROOT));
      here.bytes.keySet().forEach(what -> table.row(Stream.concat(Stream.of(what),
          all.values().stream().map(seen -> number.format(seen.bytes.get(what)))).toArray(String[]::new)));
      out.print(table);
    }
    return 0;
  }

  private static Seen fork(List<String> flags) throws IOException {
    List<String> command = Proc.jvm(flags, "-Djdk.attach.allowAttachSelf=true", "-Djol.magicFieldOffset=true",
        "-XX:+EnableDynamicAgentLoading", "-cp", System.getProperty("java.class.path"), LayoutCommand.class.getName());
    JsonObject said = ForkProcess.run(command, _ -> { }, 120);
    if (said.has("error")) {
      throw new IllegalArgumentException("layout " + flags + ": " + said.get("error").getAsString());
    }
    return new Gson().fromJson(said, Seen.class);
  }

  /** The fork. */
  public static void main(String[] args) throws ClassNotFoundException {
    Seen seen = new Seen(new LinkedHashMap<>(), new LinkedHashMap<>());
    seen.bytes.put("object header", (double) VM.current().objectHeaderSize());
    seen.bytes.put("reference", (double) VM.current().arrayIndexScale("java.lang.Object"));
    for (String name : CLASSES) {
      ClassLayout layout = ClassLayout.parseClass(Class.forName("dev.slablab." + name));
      seen.bytes.put(name, (double) layout.instanceSize());
      seen.fields.put(name, layout.toPrintable().lines().skip(1).toList());
    }
    List.of(CacheFlag.KVMEM, CacheFlag.SLAB).forEach(type -> heap(type, seen.bytes));
    System.out.println(ReplayFork.RESULT + new Gson().toJson(seen));
    System.exit(0);
  }

  /** Differences of all that an instance reaches: the JVM's own objects, which it reaches too, cancel out. */
  private static void heap(CacheFlag type, Map<String, Double> bytes) {
    try (Kmem kmem = Kmem.create()) {
      long[] objects = new long[OBJECTS];
      long[] reach = new long[3];
      for (int i = 0; i < 2 * CACHES; i++) { // the first half loads the classes
        KmemCache cache = kmem.createCache(CacheSpec.of("cache" + i, 64).flags(type));
        cache.free(cache.alloc()); // as those in use have, a slab and a thread's magazine
        reach[i / CACHES] = i % CACHES == CACHES - 1 ? GraphLayout.parseInstance(kmem).totalSize() : 0;
      }
      int _ = kmem.caches().getLast().alloc(objects, 0, OBJECTS, AllocMode.SLEEP);
      reach[2] = GraphLayout.parseInstance(kmem).totalSize();
      kmem.caches().getLast().free(objects, 0, OBJECTS);
      bytes.put("heap of a cache, " + type, (double) (reach[1] - reach[0]) / CACHES);
      bytes.put("heap of a live object of 64 B, " + type, (double) (reach[2] - reach[1]) / OBJECTS);
    }
  }
}
