package dev.slablab.linux;

import module java.base;
import dev.slablab.percpu.CpuIndex;
import dev.slablab.spec.KmemException;

/** Which memory nodes there are, and which CPUs belong to them. Thread-safe. */
public class Topology {
  private final int[] nodeOf;
  private final AtomicIntegerArray sizes;
  private final BitSet away = new BitSet();

  /** Nodes are numbered from 0; for each CPU its node. */
  Topology(int nodes, int[] nodeOf) {
    this.nodeOf = nodeOf;
    this.sizes = new AtomicIntegerArray(nodes);
    Arrays.stream(nodeOf).forEach(sizes::incrementAndGet);
  }

  /** The machine's nodes (wanted = 0; one where it does not tell), or so many simulated ones that take turns by CPU. */
  public static Topology of(int wanted, int cpus) {
    int[] nodeOf = wanted == 0 ? discover(Path.of("/sys/devices/system/node"), cpus)
        : IntStream.range(0, cpus).map(cpu -> cpu % wanted).toArray();
    return new Topology(Math.max(wanted, Arrays.stream(nodeOf).max().orElse(0) + 1), nodeOf);
  }

  public final int nodes() {
    return sizes.length();
  }

  /** The calling thread's node at this moment. */
  public int node() {
    return nodes() == 1 ? 0 : nodeOf[CpuIndex.cpu() % nodeOf.length];
  }

  /** CPUs of a node that are there. */
  public final int cpus(int node) {
    return sizes.get(node);
  }

  /** Notes that a CPU has gone, or is there again. */
  public final synchronized void online(int cpu, boolean there) {
    if (cpu < 0 || cpu >= nodeOf.length || (!there && !away.get(cpu) && away.cardinality() == nodeOf.length - 1)) {
      throw KmemException.Usage.of("cpu", cpu, "must be 0.." + (nodeOf.length - 1) + ", not the last that is there");
    } else if (away.get(cpu) == there) {
      away.set(cpu, !there);
      sizes.addAndGet(nodeOf[cpu], there ? 1 : -1);
    }
  }

  /** For each CPU its node: from files {@code nodeN/cpulist} such as {@code 0-3,8}; nodes without CPUs are left out. */
  static int[] discover(Path folder, int cpus) {
    int[] nodeOf = new int[cpus];
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "node[0-9]*")) {
      int node = 0;
      ToIntFunction<Path> number = file -> Integer.parseInt(file.getFileName().toString().substring("node".length()));
      Stream<Path> all = StreamSupport.stream(files.spliterator(), false);
      for (Path file : all.sorted(Comparator.comparingInt(number)).toList()) {
        List<MatchResult> ranges = Pattern.compile("(\\d+)(?:-(\\d+))?")
            .matcher(Files.readString(file.resolve("cpulist"))).results().toList();
        for (MatchResult range : ranges) {
          int first = Integer.parseInt(range.group(1));
          int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
          for (int cpu = first; cpu <= last && cpu < cpus; cpu++) {
            nodeOf[cpu] = node;
          }
        }
        node += ranges.isEmpty() ? 0 : 1;
      }
      return nodeOf;
    } catch (IOException | DirectoryIteratorException | NumberFormatException e) {
      return new int[cpus]; // no such folder, or none we understand: one node
    }
  }
}
