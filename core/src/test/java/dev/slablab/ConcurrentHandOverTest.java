package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.testing.Variant;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A14: objects allocated on one thread and freed on another. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentHandOverTest {
  private static final int BATCH = 64;
  private static final int QUEUE = 16;

  /**
   * Outside the slab layer there may be, at most: what is in flight (queued, and one batch on either side), full
   * magazines, and one refill or flush per thread on its way. Each such object keeps at most one slab.
   */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void memoryStaysBoundedWhenOneThreadAllocatesAndAnotherFrees(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    long size = 64;
    int objects = ConcurrentKit.count(400_000, 10_000_000) / (variant.arena() ? 4 : 1); // arenas are slow
    try (Kmem kmem = variant.builder().build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("handed over", size));
      ConcurrentOwners owners = new ConcurrentOwners(size);
      ArrayBlockingQueue<long[]> queue = new ArrayBlockingQueue<>(QUEUE);
      AtomicLong mostHeld = new AtomicLong();
      ConcurrentKit.together(2, seed, index -> {
        for (int n = 0; n < objects; n += BATCH) {
          if (index == 0) {
            long[] batch = new long[BATCH];
            for (int i = 0; i < BATCH; i++) {
              batch[i] = cache.alloc();
              owners.took(batch[i], n + i);
            }
            queue.put(batch);
          } else {
            long[] batch = queue.take();
            for (int i = 0; i < BATCH; i++) {
              owners.gives(batch[i], n + i);
              cache.free(batch[i]);
            }
            if (n % 1024 == 0) {
              mostHeld.accumulateAndGet(kmem.heldBytes(), Math::max);
            }
          }
        }
      });
      CacheStats stats = cache.stats();
      long inFlight = (QUEUE + 2) * BATCH;
      long bound = inFlight + ConcurrentKit.magazineBound(kmem, stats) + 2L * stats.magazineSize();
      long nodes = Math.max(1, variant.linuxNodes()); // whose high-water marks are summed
      assertTrue(stats.objects().max() <= nodes * bound, () -> "obj_max beyond " + bound + ": " + stats);
      assertTrue(stats.slabs().max() <= nodes * bound, () -> "slab_max beyond " + bound + ": " + stats);
      // One empty slab may be under way on each side, and emergency objects have pages of their own.
      long bytes = (bound + 2) * stats.mappedSlabBytes() + stats.emergency().max() * 4096;
      assertTrue(mostHeld.get() <= bytes, () -> "held " + mostHeld + " beyond " + bytes);
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void objectsWanderThroughManyThreads(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    int threads = 8;
    int rounds = ConcurrentKit.count(20_000, 1_000_000);
    try (Kmem kmem = variant.builder().build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("wandering", 200));
      ConcurrentOwners owners = new ConcurrentOwners(200);
      // Whoever comes by leaves a fresh object, or nothing, and frees what was there.
      AtomicLongArray slots = new AtomicLongArray(512);
      ConcurrentKit.together(threads, seed, index -> {
        SplittableRandom random = ConcurrentKit.random(seed, index);
        for (int i = 0; i < rounds; i++) {
          long fresh = random.nextInt(4) == 0 ? 0 : cache.alloc();
          if (fresh != 0) {
            owners.took(fresh, fresh);
          }
          long old = slots.getAndSet(random.nextInt(slots.length()), fresh);
          if (old != 0) {
            owners.gives(old, old);
            cache.free(old);
          }
        }
      });
      long live = 0;
      for (int i = 0; i < slots.length(); i++) {
        live += slots.get(i) == 0 ? 0 : 1;
      }
      ConcurrentKit.quiet(kmem, cache, live);
      for (int i = 0; i < slots.length(); i++) {
        if (slots.get(i) != 0) {
          owners.gives(slots.get(i), slots.get(i));
          cache.free(slots.get(i));
        }
      }
      ConcurrentKit.finish(kmem, cache);
    }
  }
}
