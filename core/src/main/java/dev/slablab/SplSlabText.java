package dev.slablab;

import module java.base;
import dev.slablab.spec.*;

/** The text of {@code /proc/spl/kmem/slab} ({@code slab_seq_show}): 140 columns; 0.6.5.9's has no Linux caches. */
final class SplSlabText {
  private SplSlabText() {}

  static String of(List<CacheStats> caches, Generation generation) {
    StringBuilder text = new StringBuilder().append("-".repeat(21)).append(" cache ").append("-".repeat(55))
        .append("  ----- slab ------  ---- object -----  --- emergency ---\n")
        .append(String.format(Locale.ROOT,
            "%-38s%7s %9s %9s %8s %8s  %5s %5s %5s  %5s %5s %5s  %5s %5s %5s\n", "name",
            "flags", "size", "alloc", "slabsize", "objsize", "total", "alloc", "max", "total", "alloc", "max", "dlock",
            "alloc", "max"));
    for (CacheStats cache : caches) {
      text.append(generation == Generation.OLD && cache.type() == CacheType.SLAB ? "" : row(cache, generation));
    }
    return text.toString();
  }

  private static String row(CacheStats cache, Generation generation) {
    if (cache.type() == CacheType.SLAB) {
      long inuse = cache.objects().inuse();
      return String.format(Locale.ROOT, "%-36s  0x%05x %9s %9d %8s %8d  %5s %5s %5s  %5s %5d %5s  %5s %5s %5s\n",
          cache.name(), flags(cache, generation), "-", cache.entrySize() * inuse, "-", cache.entrySize(), "-", "-", "-",
          "-", inuse, "-", "-", "-", "-");
    }
    CacheStats.Slabs slabs = cache.slabs();
    CacheStats.Objects objects = cache.objects();
    CacheStats.Emergency emergency = cache.emergency();
    return String.format(Locale.ROOT,
        "%-36s  0x%05x %9d %9d %8d %8d  %5d %5d %5d  %5d %5d %5d  %5d %5d %5d\n", cache.name(),
        flags(cache, generation), cache.slabBytes() * slabs.total(), cache.entrySize() * objects.alloc(),
        cache.slabBytes(), cache.entrySize(), slabs.total(), slabs.alloc(), slabs.max(), objects.total(),
        objects.alloc(), objects.max(), emergency.deadlock(), emergency.current(), emergency.max());
  }

  private static int flags(CacheStats cache, Generation generation) {
    int bits = CacheFlag.valueOf(cache.type().name()).bit(generation)
        | CacheFlag.valueOf(cache.base().name()).bit(generation);
    for (CacheFlag flag : cache.flags()) {
      bits |= flag.bit(generation);
    }
    for (CacheState state : cache.states()) {
      bits |= state.bit();
    }
    return bits;
  }
}
