package dev.slablab.linux;

import module java.base;
import dev.slablab.percpu.CpuIndex;
import dev.slablab.spec.KmemException;

/** Which memory nodes there are, and which CPUs belong to them. Thread-safe. */
public interface Topology {
  /** Nodes are numbered from 0. */
  int nodes();

  /** The calling thread's node at this moment. */
  int node();

  /** CPUs of a node that are there. */
  int cpus(int node);

  /** Notes that a CPU has gone, or is there again; the last one stays. */
  void online(int cpu, boolean there);

  /** The machine's nodes (wanted = 0; one where it does not tell), or so many simulated ones that take turns by CPU. */
  static Topology of(int wanted, int cpus) {
    int[] nodeOf = wanted == 0 ? discover(Path.of("/sys/devices/system/node"), cpus)
        : IntStream.range(0, cpus).map(cpu -> cpu % wanted).toArray();
    int count = Math.max(wanted, Arrays.stream(nodeOf).max().orElse(0) + 1);
    AtomicIntegerArray sizes = new AtomicIntegerArray(count);
    Arrays.stream(nodeOf).forEach(sizes::incrementAndGet);
    BitSet away = new BitSet();
    return new Topology() {
      @Override
      public int nodes() {
        return count;
      }

      @Override
      public int node() {
        return count == 1 ? 0 : nodeOf[CpuIndex.cpu() % nodeOf.length];
      }

      @Override
      public int cpus(int node) {
        return sizes.get(node);
      }

      @Override
      public synchronized void online(int cpu, boolean there) {
        if (cpu < 0 || cpu >= cpus || (!there && !away.get(cpu) && away.cardinality() == cpus - 1)) {
          throw KmemException.Usage.of("cpu", cpu, "must be 0.." + (cpus - 1) + ", and not the last that is there");
        } else if (away.get(cpu) == there) {
          away.set(cpu, !there);
          sizes.addAndGet(nodeOf[cpu], there ? 1 : -1);
        }
      }
    };
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
