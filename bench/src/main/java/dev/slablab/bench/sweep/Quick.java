package dev.slablab.bench.sweep;

import module java.base;
import dev.slablab.bench.sweep.Cell.Role;

/** The headline comparisons, small enough for three minutes. */
public final class Quick {
  private final List<Cell> cells = new ArrayList<>();

  /** Nothing is compared yet. */
  public Quick() {}

  /** A random live set of buffers. */
  public void live(String mixture, String live) {
    add(mixture + " " + live, List.of("slabBuf", "nettyAdaptive"),
        name -> Config.of("LiveSet." + name, "mixture", mixture, "live", live));
  }

  /** The hot pair; the peers may name the baseline too. */
  public void pair(String size, List<String> peers) {
    add("pair " + size + " B", Stream.concat(Stream.of("SLABLAB"), peers.stream()).distinct().toList(),
        name -> Config.of("HotPair.pair", "size", size, "subject", name));
  }

  /** A recorded program. */
  public void trace(String trace) {
    add("trace " + trace, List.of("slablab", "nettyAdaptive"), name -> Config.of("TraceReplay." + name, "trace", trace));
  }

  private void add(String group, List<String> subjects, Function<String, Config> config) {
    if (cells.stream().noneMatch(cell -> cell.group().equals(group))) {
      subjects.forEach(subject -> cells.add(new Cell(subject.equals(subjects.getFirst()) ? Role.BASELINE : Role.SUBJECT,
          group, subject, config.apply(subject), Grid.SCORE)));
    }
  }

  /** {@return what is to run} */
  public Plan plan() {
    return Plan.of("quick", """
        The headline comparisons.
        WEB_SOCKET, API_GATEWAY: release one of so many live buffers at random, allocate one of another size, write \
        both ends.
        trace: the allocations and frees of a recorded program, first byte of each page written.
        pair: free one of a ring of 64 live objects, allocate its successor. One thread each.""", cells, List.of());
  }
}
