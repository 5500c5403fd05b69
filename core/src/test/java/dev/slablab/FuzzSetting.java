package dev.slablab;

import dev.slablab.page.Area;
import dev.slablab.page.ForwardingPageSource;
import dev.slablab.page.PageSource;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.Generation;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import java.util.SplittableRandom;

/** The numbered worlds that histories happen in, and the caches an operation's numbers stand for. */
final class FuzzSetting {
  private static final CacheFlag[] TYPES =
      {null, CacheFlag.KVMEM, CacheFlag.SLAB, CacheFlag.KMEM, CacheFlag.VMEM, CacheFlag.OFFSLAB};
  private static final long[] SIZES = {64, 16, 24, 104, 256, 704, 1504, 4000, 9000, 20_000, 70_000};
  /** Every second cache's is what the instance says. */
  private static final int[] LEVELS = {-1, 1, -1, 2, -1, 3, -1, 0};
  private static final ObjectLayout[] LAYOUTS = {null, ObjectLayout.OUT_OF_BAND, ObjectLayout.TRAILER};

  private FuzzSetting() {}

  /** Refuses what it is told to refuse, and counts it; what others refuse counts too. */
  static final class Refusing extends ForwardingPageSource {
    private int skip;
    private int refusals;
    long refused;

    Refusing(PageSource source) {
      super(source);
    }

    void refuse(int behind, int n) {
      skip = behind;
      refusals = n;
    }

    @Override
    public long allocate(long bytes, Area area) {
      if (refusals > 0 && skip-- <= 0) {
        refusals--;
        refused++;
        return NONE;
      }
      long address = source.allocate(bytes, area);
      refused += address == NONE ? 1 : 0;
      return address;
    }
  }

  /** World 0 is as plain as it gets; the others are any. No node but one: which is a thread's depends on its CPU. */
  static Kmem.Builder builder(long world) {
    Kmem.Builder builder = Kmem.builder().tunable(Tunable.RANGE_SIZE, 1).tunable(Tunable.POSSIBLE_CPUS, 1)
        .tunable(Tunable.NUMA_NODES, 1).tunable(Tunable.ALLOC_TIMEOUT, 20).tunable(Tunable.MAGAZINE_PLACEMENT, 2);
    if (world == 0) {
      return builder;
    }
    SplittableRandom random = new SplittableRandom(world);
    set(random, builder, Tunable.GENERATION, 0, 0, Generation.HEAD.ordinal(), Generation.OLD.ordinal());
    set(random, builder, Tunable.POSSIBLE_CPUS, 1, 2, 3);
    set(random, builder, Tunable.MAGAZINE_PLACEMENT, 0, 2);
    set(random, builder, Tunable.MAGAZINE_DEPOT, 0, 2);
    set(random, builder, Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 0, 0, 2, 7);
    set(random, builder, Tunable.GROW_IN_CALLER, 0, 1);
    set(random, builder, Tunable.SLAB_DECAY, 0, 0, 10, 1000);
    set(random, builder, Tunable.GENERAL_CLASSES, 0, 1);
    set(random, builder, Tunable.GENERAL_SLAB_LIMIT, 0, 0, 5000);
    set(random, builder, Tunable.GENERAL_LARGEST, 64 << 10, 4096);
    set(random, builder, Tunable.GENERAL_SLAB_BYTES, 64 << 10, 64 << 10, 8192);
    set(random, builder, Tunable.MEMORY_LIMIT, 0, 0, 4 << 20);
    set(random, builder, Tunable.PAGE_SOURCE, 0, 0, 0, 0, 0, 0, 0, 1);
    for (SoakUpkeep.Range range : SoakUpkeep.RANGES) {
      if (random.nextInt(4) == 0) {
        set(random, builder, range.row(), range.values());
      }
    }
    return builder;
  }

  private static void set(SplittableRandom random, Kmem.Builder builder, Tunable row, long... values) {
    builder.tunable(row, values[random.nextInt(values.length)]);
  }

  /** A cache of any type, size, layout and debug level, without hooks. */
  static CacheSpec spec(String name, int type, int size, int options) {
    CacheFlag flag = TYPES[type % TYPES.length];
    CacheSpec spec = CacheSpec.of(name, SIZES[size % SIZES.length]).objectsPerSlab(8 + (options >> 14))
        .debug(LEVELS[type / TYPES.length % LEVELS.length])
        .layout(LAYOUTS[(options >> 12) % LAYOUTS.length]);
    spec = flag == null ? spec : spec.flags(flag);
    spec = (options >> 8) % 4 == 3 ? spec.align(8 << (options >> 10) % 10) : spec;
    if (flag == CacheFlag.OFFSLAB && (options >> 4) % 2 == 1) {
      spec = spec.flags(CacheFlag.KMEM);
    }
    return flag != CacheFlag.SLAB ? spec : switch ((options >> 4) % 8) {
      case 5 -> spec.flags(CacheFlag.HWCACHE_ALIGN);
      case 6 -> spec.flags(CacheFlag.RECLAIM_ACCOUNT);
      case 7 -> spec.flags(CacheFlag.POISON, CacheFlag.RED_ZONE);
      default -> spec;
    };
  }
}
