package dev.slablab;

import dev.slablab.spec.CacheType;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;

/** Ways to run general allocation: every placement and page source under both tables; the layout is always the same. */
record GeneralVariants(Variant variant, int table) {
  static List<GeneralVariants> all() {
    List<GeneralVariants> all = new ArrayList<>();
    for (Variant variant : Variant.all()) { // other types of SPL's have no part in it
      for (int table = 0; table < 2 && variant.layout() == ObjectLayout.OUT_OF_BAND
          && (variant.linux() || variant.type() == CacheType.KVMEM); table++) {
        all.add(new GeneralVariants(variant, table));
      }
    }
    return all;
  }

  Kmem.Builder builder() {
    return variant.builder().tunable(Tunable.GENERAL_CLASSES, table);
  }
}
