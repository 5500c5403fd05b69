package dev.slablab.linux;

import module java.base;
import dev.slablab.spec.KmemException;

/**
 * A cache's row in {@code /proc/slabinfo}, version 2.1. Objects in array caches (a CPU's, shared, alien) are active, as
 * are full and partial slabs; {@code wrong} says what the counts contradict, if anything.
 */
public record SlabInfo(String name, LinuxGeometry geometry, long activeObjects, long activeSlabs, long slabs,
    long sharedAvail, GlobalStat globalStat, CpuStat cpuStat, String wrong) {
  /**
   * What the nodes did; listAllocs: objects moved from slabs to arrays; maxObjects: high-water mark of active objects;
   * reaped: slabs returned by the timed reap; maxFreeable: most slabs a free left on a free list.
   */
  public record GlobalStat(long listAllocs, long maxObjects, long grown, long reaped, long errors, long maxFreeable,
      long nodeAllocs, long remoteFrees, long alienOverflows) {}

  /** How often the CPU's array served an allocation or a free, and how often it did not; failures do not count. */
  public record CpuStat(long allocHit, long allocMiss, long freeHit, long freeMiss) {}

  /** Counts a cache's slabs under their nodes' locks, and checks them ({@code s_show}). */
  static final class Count {
    private final int objects;
    private long active;
    private long activeSlabs;
    private long slabs;
    private long free;
    private long shared;
    private String wrong = "";

    Count(LinuxGeometry geometry) {
      objects = geometry.objects();
    }

    void slab(String list, int inUse) {
      int least = list.equals("full") ? objects : list.equals("partial") ? 1 : 0;
      int most = list.equals("full") ? objects : list.equals("partial") ? objects - 1 : 0;
      slabs++;
      activeSlabs += list.equals("free") ? 0 : 1;
      active += inUse;
      if (wrong.isEmpty() && (inUse < least || inUse > most)) {
        wrong = "a slab on the " + list + " list has " + inUse + " objects in use, expected " + least + ".." + most;
      }
    }

    /** A node's own count of free objects, and what is in its shared array. */
    void node(long freeObjects, long sharedAvail) {
      free += freeObjects;
      shared += sharedAvail;
    }

    SlabInfo row(String name, LinuxGeometry geometry, GlobalStat globalStat, CpuStat cpuStat) {
      long unused = slabs * objects - active;
      String error = !wrong.isEmpty() || unused == free ? wrong
          : "the nodes count " + free + " free objects, the slabs have " + unused;
      return new SlabInfo(name, geometry, active, activeSlabs, slabs, shared, globalStat, cpuStat, error);
    }
  }

  /** Throws when the counts contradict each other. */
  public void check() {
    if (!wrong.isEmpty()) {
      throw new KmemException.Corruption("slabinfo: cache = " + name + ": " + wrong);
    }
  }

  /** The whole text ({@code print_slabinfo_header}, {@code s_show}). */
  public static String text(List<SlabInfo> rows, boolean statistics) {
    String header = "slabinfo - version: 2.1" + (statistics ? " (statistics)\n" : "\n")
        + "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
        + " : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>"
        + (statistics ? " : globalstat <listallocs> <maxobjs> <grown> <reaped> <error> <maxfreeable> <nodeallocs>"
            + " <remotefrees> <alienoverflow> : cpustat <allochit> <allocmiss> <freehit> <freemiss>\n" : "\n");
    return rows.stream().map(row -> row.line(statistics)).collect(Collectors.joining("", header, ""));
  }

  private String line(boolean statistics) {
    String line = String.format(Locale.ROOT, "%-17s %6d %6d %6d %4d %4d : tunables %4d %4d %4d : slabdata %6d %6d %6d",
        name, activeObjects, slabs * geometry.objects(), geometry.objectBytes(), geometry.objects(),
        1 << geometry.order(), geometry.limit(), geometry.batch(), geometry.sharedFactor(), activeSlabs, slabs,
        sharedAvail);
    GlobalStat all = globalStat;
    return line + (!statistics ? "\n" : String.format(Locale.ROOT,
        " : globalstat %7d %6d %5d %4d %4d %4d %4d %4d %4d : cpustat %6d %6d %6d %6d\n", all.listAllocs,
        all.maxObjects, all.grown, all.reaped, all.errors, all.maxFreeable, all.nodeAllocs, all.remoteFrees,
        all.alienOverflows, cpuStat.allocHit, cpuStat.allocMiss, cpuStat.freeHit, cpuStat.freeMiss));
  }
}
