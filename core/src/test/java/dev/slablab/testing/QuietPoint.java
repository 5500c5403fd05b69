package dev.slablab.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheStats;

/** What the statistics of a cache must satisfy whenever no operation is under way (acceptance A22). */
public final class QuietPoint {
  private QuietPoint() {}

  /** Fails unless the figures add up. */
  public static void check(CacheStats stats) {
    CacheStats.Slabs slabs = stats.slabs();
    CacheStats.Objects objects = stats.objects();
    CacheStats.Emergency emergency = stats.emergency();
    String all = stats.toString();
    assertEquals(objects.inuse(), objects.allocated() - objects.freed(), all);
    assertEquals(objects.total(), slabs.total() * stats.objectsPerSlab() + emergency.current(), all);
    assertEquals(objects.alloc(), objects.inuse() - emergency.current() + objects.inMagazines(), all);
    assertTrue(objects.alloc() <= slabs.total() * stats.objectsPerSlab(), all);
    assertTrue(objects.inMagazines() >= 0 && objects.inuse() >= 0, all);
    assertEquals(slabs.total(), slabs.create() - slabs.destroy(), all);
    assertTrue(slabs.alloc() <= slabs.total() && slabs.alloc() <= slabs.max(), all);
    assertTrue(slabs.alloc() <= objects.alloc(), all);
    assertTrue(objects.alloc() <= objects.max(), all);
    assertTrue(emergency.current() <= emergency.max(), all);
    assertTrue(stats.slabBytes() <= stats.mappedSlabBytes() && stats.wasteBytes() >= 0, all);
  }
}
