package dev.slablab.bench.report;

import module java.base;
import dev.slablab.spec.CacheStats;

/** The table of {@code slabtop}, over caches of any type; objects in magazines and array caches are active. */
public final class SlabTop {
  /**
   * Sort keys: active objects, objects per slab, bytes (c), slabs (l), active slabs (v), name, objects, pages per slab,
   * object size, use.
   */
  public static final String KEYS = "abclvnopsu";

  private SlabTop() {}

  /** {@return header and rows by one of {@link #KEYS}, most first, names in order; what is equal as it was given} */
  public static String text(List<CacheStats> caches, char key) {
    long objects = sum(caches, SlabTop::objects);
    long size = sum(caches, it -> objects(it) * it.objectBytes());
    long activeSize = sum(caches, it -> active(it) * it.objectBytes());
    LongSummaryStatistics sizes = caches.stream().mapToLong(CacheStats::objectBytes).summaryStatistics();
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, """
         Active / Total Objects (%% used)    : %s
         Active / Total Slabs (%% used)      : %s
         Active / Total Caches (%% used)     : %s
         Active / Total Size (%% used)       : %s / %s (%s)
         Minimum / Average / Maximum Object : %s / %s / %s

          OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME
        """, used(sum(caches, SlabTop::active), objects),
        used(sum(caches, it -> it.slabs().alloc()), sum(caches, it -> it.slabs().total())),
        used(caches.stream().filter(it -> objects(it) > 0).count(), caches.size()), kib(activeSize), kib(size),
        percent(activeSize, size), kib(caches.isEmpty() ? 0 : sizes.getMin()),
        kib((double) size / Math.max(1, objects)), kib(Math.max(0, sizes.getMax()))));
    caches.stream().sorted(order(key)).forEach(it -> text.append(String.format(Locale.ROOT,
        "%6d %6d %3d%% %8s %6d %8d %9dK %-23s\n", objects(it), active(it), use(it), kib(it.objectBytes()),
        it.slabs().total(), it.objectsPerSlab(), bytes(it) / 1024, it.name())));
    return text.toString();
  }

  private static Comparator<CacheStats> order(char key) {
    ToLongFunction<CacheStats> figure = switch (key) {
      case 'a' -> SlabTop::active;
      case 'b' -> CacheStats::objectsPerSlab;
      case 'c' -> SlabTop::bytes;
      case 'l' -> it -> it.slabs().total();
      case 'v' -> it -> it.slabs().alloc();
      case 'o' -> SlabTop::objects;
      case 'p' -> CacheStats::mappedSlabBytes; // of pages that have one size
      case 's' -> CacheStats::objectBytes;
      case 'u' -> SlabTop::use;
      case 'n' -> _ -> 0;
      default -> throw new IllegalArgumentException("key = " + key + ": must be one of " + KEYS);
    };
    return key == 'n' ? Comparator.comparing(CacheStats::name) : Comparator.comparingLong(figure).reversed();
  }

  private static long objects(CacheStats cache) {
    return cache.objects().total();
  }

  private static long active(CacheStats cache) {
    return cache.objects().alloc() + cache.emergency().current();
  }

  private static long use(CacheStats cache) {
    return 100 * active(cache) / Math.max(1, objects(cache));
  }

  private static long bytes(CacheStats cache) {
    return cache.slabs().total() * cache.mappedSlabBytes();
  }

  private static long sum(List<CacheStats> caches, ToLongFunction<CacheStats> figure) {
    return caches.stream().mapToLong(figure).sum();
  }

  private static String used(long part, long whole) {
    return part + " / " + whole + " (" + percent(part, whole) + ")";
  }

  private static String percent(long part, long whole) {
    return round(whole == 0 ? 0 : 100.0 * part / whole, 1) + "%";
  }

  private static String kib(Number bytes) {
    return round(bytes.doubleValue() / 1024, 2) + "K";
  }

  /** As C rounds halves, which Java's format rounds up. */
  private static BigDecimal round(double value, int digits) {
    return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN);
  }
}
