package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A9, the lively half: demand of four times the limit; frees come from other threads, and everybody gets on. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShortageOvercommitTest {
  private static final long LIMIT = 8 << 20;
  private static final int SIZE = 16_384;

  /** OFFSLAB's blocks have four times the size. */
  private static long limit(Variant variant) {
    return variant.type() == CacheType.OFFSLAB ? 4 * LIMIT : LIMIT;
  }

  private record Item(long object, long owner) {}

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void overcommitMakesProgress(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    int threads = 8;
    int each = (int) (4 * LIMIT / SIZE / threads) * ConcurrentKit.count(1, 20);
    try (Kmem kmem = variant.builder().tunable(Tunable.MEMORY_LIMIT, limit(variant)).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("overcommitted", SIZE));
      ConcurrentOwners owners = new ConcurrentOwners(SIZE);
      LinkedBlockingQueue<Item> queue = new LinkedBlockingQueue<>();
      AtomicInteger allocating = new AtomicInteger(threads);
      AtomicLong most = new AtomicLong();
      ConcurrentKit.together(threads + 2, seed, index -> {
        if (index < threads) {
          for (int i = 0; i < each; i++) {
            long object = cache.alloc();
            long owner = ((long) index << 32) | i;
            owners.took(object, owner);
            queue.put(new Item(object, owner));
            most.accumulateAndGet(kmem.heldBytes(), Math::max);
          }
          if (allocating.decrementAndGet() == 0) {
            queue.put(new Item(0, 0));
            queue.put(new Item(0, 0));
          }
        } else {
          // Start when memory is out, so that the allocators have to wait for frees.
          ConcurrentKit.until(() -> queue.size() > LIMIT / SIZE / 2 || allocating.get() == 0);
          for (Item item = queue.take(); item.object != 0; item = queue.take()) {
            owners.gives(item.object, item.owner);
            cache.free(item.object);
          }
        }
      });
      assertTrue(most.get() <= limit(variant), () -> "held " + most + " of " + limit(variant));
      assertEquals((long) threads * each, cache.stats().objects().allocated());
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes());
    }
  }

  /** Two caches fight for one limit: what one has in its magazines must reach the other. */
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void twoCachesShareOneLimit(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    int rounds = ConcurrentKit.count(30, 500);
    try (Kmem kmem = variant.builder().tunable(Tunable.MEMORY_LIMIT, limit(variant)).build()) {
      KmemCache[] caches = {kmem.createCache(CacheSpec.of("one", SIZE)),
          kmem.createCache(CacheSpec.of("two", 100_000))};
      ConcurrentKit.together(4, seed, index -> {
        KmemCache cache = caches[index & 1];
        ConcurrentOwners owners = new ConcurrentOwners(cache.spec().size());
        long[] mine = new long[(int) (LIMIT / 5 / cache.spec().size())]; // all four fit, without the magazines
        for (int round = 0; round < rounds; round++) {
          for (int i = 0; i < mine.length; i++) {
            mine[i] = cache.alloc();
            owners.took(mine[i], ((long) index << 32) | i);
          }
          for (int i = 0; i < mine.length; i++) {
            owners.gives(mine[i], ((long) index << 32) | i);
            cache.free(mine[i]);
          }
        }
      });
      for (KmemCache cache : caches) {
        ConcurrentKit.finish(kmem, cache);
      }
      assertEquals(0, kmem.heldBytes());
    }
  }
}
