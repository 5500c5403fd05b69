package dev.slablab.testing;

import dev.slablab.Kmem;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import java.util.ArrayList;
import java.util.List;

/**
 * One way to run the contract: where descriptors live, how magazines are found, where pages come from, and which
 * allocator serves what names no type: SPL, or, up to 4 MiB, the Linux slab with so many memory nodes, debugged or not.
 */
public record Variant(ObjectLayout layout, MagazinePlacement placement, boolean arena, int linuxNodes, boolean debugged) {
  private static final boolean STRESS = Boolean.getBoolean("slablab.test.stress");

  /** One that is not debugged. */
  public Variant(ObjectLayout layout, MagazinePlacement placement, boolean arena, int linuxNodes) {
    this(layout, placement, arena, linuxNodes, false);
  }

  /** One of SPL's. */
  public Variant(ObjectLayout layout, MagazinePlacement placement, boolean arena) {
    this(layout, placement, arena, 0);
  }

  /** Every combination, SPL's and Linux's; objects of less than 512 bytes have their descriptor on the slab there. */
  public static List<Variant> all() {
    List<Variant> all = spl();
    for (MagazinePlacement placement : MagazinePlacement.values()) {
      all.add(new Variant(ObjectLayout.OUT_OF_BAND, placement, false, 1));
      all.add(new Variant(ObjectLayout.OUT_OF_BAND, placement, true, 1));
    }
    all.add(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.BIASED, false, 2));
    all.add(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.HASHED, true, 2));
    return all;
  }

  /**
   * The same, and Linux's with POISON, RED_ZONE and STORE_USER: all of them under stress, else one. For what must hold
   * whatever is debugged; free objects keep nothing there, hooks run at every allocation, and wrong frees are found at once.
   */
  public static List<Variant> withDebugged() {
    List<Variant> all = new ArrayList<>(all());
    linuxes().stream().map(it -> new Variant(it.layout, it.placement, it.arena, it.linuxNodes, true))
        .filter(it -> STRESS || (it.linuxNodes == 2 && !it.arena)).forEach(all::add);
    return all;
  }

  /** Those of Linux. */
  public static List<Variant> linuxes() {
    return all().stream().filter(Variant::linux).toList();
  }

  /** Those of SPL. */
  public static List<Variant> spl() {
    List<Variant> all = new ArrayList<>();
    for (ObjectLayout layout : ObjectLayout.values()) {
      for (MagazinePlacement placement : MagazinePlacement.values()) {
        all.add(new Variant(layout, placement, false));
        all.add(new Variant(layout, placement, true));
      }
    }
    return all;
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
