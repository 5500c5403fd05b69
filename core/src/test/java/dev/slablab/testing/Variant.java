package dev.slablab.testing;

import dev.slablab.Kmem;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * One way to run the contract: where descriptors live, how magazines are found, where pages come from, and what serves
 * caches that name no type: a type of SPL's, or, up to 4 MiB, the Linux slab with so many memory nodes, debugged or
 * not; and the debug level.
 */
public record Variant(ObjectLayout layout, MagazinePlacement placement, boolean arena, CacheType type, int linuxNodes,
    boolean debugged, int level) {
  /** Whether every combination is run, not only every pair: {@code -Pfull} and {@code -Pstress}. */
  public static final boolean FULL = Boolean.getBoolean("slablab.test.full");
  /** The largest object of a KMEM slab, trailer included; larger ones are VMEM's. */
  private static final long KMEM_LIMIT = (512 << 10) - 64;

  /** One without a debug level. */
  public Variant(ObjectLayout layout, MagazinePlacement placement, boolean arena, CacheType type, int linuxNodes,
      boolean debugged) {
    this(layout, placement, arena, type, linuxNodes, debugged, 0);
  }

  /** One of KVMEM's. */
  public Variant(ObjectLayout layout, MagazinePlacement placement, boolean arena) {
    this(layout, placement, arena, CacheType.KVMEM, 0, false);
  }

  /** One of Linux's. */
  public Variant(ObjectLayout layout, MagazinePlacement placement, boolean arena, int linuxNodes) {
    this(layout, placement, arena, CacheType.SLAB, linuxNodes, false);
  }

  /** SPL's and Linux's; objects of less than 512 bytes have their descriptor on the slab there. */
  public static List<Variant> all() {
    List<Variant> all = spl();
    for (MagazinePlacement placement : MagazinePlacement.values()) {
      all.add(new Variant(ObjectLayout.OUT_OF_BAND, placement, false, 1));
      all.add(new Variant(ObjectLayout.OUT_OF_BAND, placement, true, 1));
    }
    for (MagazinePlacement placement : MagazinePlacement.values()) {
      boolean odd = placement.ordinal() % 2 == 1;
      all.add(new Variant(ObjectLayout.OUT_OF_BAND, placement, odd, 2));
      if (FULL) {
        all.add(new Variant(ObjectLayout.OUT_OF_BAND, placement, !odd, 2));
      }
    }
    return all;
  }

  /**
   * The same, and Linux's with POISON, RED_ZONE and STORE_USER. For what must hold whatever is debugged; free objects
   * keep nothing there, hooks run at every allocation, and wrong frees are found at once.
   */
  public static List<Variant> withDebugged() {
    return Stream.concat(all().stream(), debuggedOnes()).toList();
  }

  /**
   * {@link #all}, and every pair of a debug level with a type, a layout, a placement and a page source, or every
   * combination if asked to.
   */
  public static List<Variant> levels() {
    List<Variant> all = all();
    List<Variant> levels = new ArrayList<>(all);
    for (int i = 0; i < all.size(); i++) {
      for (int level = 1; level <= 3; level++) {
        Variant it = all.get(i);
        if (FULL || (i + it.type.ordinal()) % 3 == level % 3) {
          levels.add(new Variant(it.layout, it.placement, it.arena, it.type, it.linuxNodes, false, level));
        }
      }
    }
    return levels;
  }

  /** Those of SPL among them. */
  public static List<Variant> splLevels() {
    return levels().stream().filter(variant -> !variant.linux()).toList();
  }

  /** {@link #levels}, and what {@link #withDebugged} adds. */
  public static List<Variant> contract() {
    return Stream.concat(levels().stream(), debuggedOnes()).toList();
  }

  /** {@link #allExact}, and the debugged ones. */
  public static List<Variant> exactWithDebugged() {
    return Stream.concat(allExact().stream(), debuggedOnes()).toList();
  }

  private static Stream<Variant> debuggedOnes() {
    return linuxes().stream().filter(it -> FULL || (it.linuxNodes == 2) == (it.placement == MagazinePlacement.BIASED))
        .filter(it -> FULL || it.linuxNodes == 2 || it.arena == (it.placement == MagazinePlacement.HASHED))
        .map(it -> new Variant(it.layout, it.placement, it.arena, it.type, it.linuxNodes, true));
  }

  /** Those of Linux. */
  public static List<Variant> linuxes() {
    return all().stream().filter(Variant::linux).toList();
  }

  /** Those of SPL: every pair of type, layout, placement and page source, or every combination if asked to. */
  public static List<Variant> spl() {
    List<Variant> all = new ArrayList<>();
    for (CacheType type : EnumSet.complementOf(EnumSet.of(CacheType.SLAB))) {
      for (MagazinePlacement placement : MagazinePlacement.values()) {
        for (ObjectLayout layout : ObjectLayout.values()) {
          boolean odd = (type.ordinal() + placement.ordinal() + layout.ordinal()) % 2 == 1;
          if (FULL) {
            all.add(new Variant(layout, placement, false, type, 0, false));
            all.add(new Variant(layout, placement, true, type, 0, false));
          } else if (type == CacheType.KVMEM) {
            all.add(new Variant(layout, placement, odd, type, 0, false));
          } else if (odd) {
            all.add(new Variant(layout, placement, placement.ordinal() == type.ordinal() % 3, type, 0, false));
          }
        }
      }
    }
    return all;
  }

  /** Those whose slabs hold exactly the objects asked for, one behind the other. */
  public static List<Variant> exact() {
    return spl().stream().filter(Variant::isExact).toList();
  }

  /** The same and Linux's. */
  public static List<Variant> allExact() {
    return all().stream().filter(variant -> variant.linux() || variant.isExact()).toList();
  }

  /** Those whose slabs hold as many objects as was asked for. */
  public static List<Variant> counted() {
    return spl().stream().filter(variant -> variant.type != CacheType.KMEM).toList();
  }

  /** The same and Linux's. */
  public static List<Variant> allCounted() {
    return all().stream().filter(variant -> variant.type != CacheType.KMEM).toList();
  }

  private boolean isExact() {
    return type == CacheType.KVMEM || type == CacheType.VMEM;
  }

  /** Whether the Linux slab serves what names no type. */
  public boolean linux() {
    return linuxNodes > 0;
  }

  /** The tunables of this variant: small address range, so that many instances fit side by side. */
  public Tunables tunables() {
    return Tunables.defaults()
        .with(Tunable.SPL_KMEM_CACHE_SLAB_LIMIT, linux() ? 4 << 20 : 0)
        .with(Tunable.NUMA_NODES, linuxNodes)
        .with(Tunable.SLAB_DEBUG, debugged ? 7 : 0)
        .with(Tunable.CACHE_DEBUG, level)
        .with(Tunable.CACHE_TYPE, switch (type) {
          case KVMEM, SLAB -> 0;
          case KMEM, VMEM -> 1;
          case OFFSLAB -> 2;
        })
        .with(Tunable.SPL_KMEM_CACHE_KMEM_LIMIT, type == CacheType.KMEM ? KMEM_LIMIT : 0)
        .with(Tunable.GROW_IN_CALLER, 0) // the task threads' hand-shake is what most tests are about
        .with(Tunable.MAGAZINE_DEPOT, 0) // flushes reach the slabs, where most tests look for them
        .with(Tunable.SLAB_DECAY, 0) // as the original: every empty slab goes at once
        .with(Tunable.SPL_KMEM_CACHE_EXPIRE, 0) // nothing moves but what the test does
        .with(Tunable.OBJECT_LAYOUT, layout.ordinal())
        .with(Tunable.MAGAZINE_PLACEMENT, placement.ordinal())
        .with(Tunable.PAGE_SOURCE, arena ? 1 : 0);
  }

  /** A builder for an instance of this variant. */
  public Kmem.Builder builder() {
    return Kmem.builder().tunables(tunables());
  }
}
