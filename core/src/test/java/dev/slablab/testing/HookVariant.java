package dev.slablab.testing;

import dev.slablab.spec.ConstructorPlacement;
import java.util.ArrayList;
import java.util.List;

/** A {@link Variant} and when hooks run. */
public record HookVariant(Variant variant, ConstructorPlacement placement) {
  /** Every combination. */
  public static List<HookVariant> all() {
    return of(Variant.all());
  }

  /** With whatever debugs. */
  public static List<HookVariant> contract() {
    return of(Variant.contract());
  }

  /** Every combination, with debug levels. */
  public static List<HookVariant> levels() {
    return of(Variant.levels());
  }

  /** Those of SPL among them. */
  public static List<HookVariant> splLevels() {
    return of(Variant.splLevels());
  }

  /** Those of SPL. */
  public static List<HookVariant> spl() {
    return of(Variant.spl());
  }

  /** Every combination, with {@link Variant#withDebugged}. */
  public static List<HookVariant> withDebugged() {
    return of(Variant.withDebugged());
  }

  private static List<HookVariant> of(List<Variant> variants) {
    List<HookVariant> all = new ArrayList<>();
    for (Variant variant : variants) {
      for (ConstructorPlacement placement : ConstructorPlacement.values()) {
        all.add(new HookVariant(variant, placement));
      }
    }
    return all;
  }

  /** Whether hooks run when slabs come and go. */
  public boolean perSlab() {
    return placement == ConstructorPlacement.PER_SLAB && !variant.debugged(); // with POISON it is per allocation
  }
}
