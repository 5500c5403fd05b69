package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Variant;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A16: threads that come, fill a magazine and die; virtual threads by the thousand. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentChurnTest {
  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void threadsThatDieWithFullMagazinesLeaveNothingBehind(Variant variant) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    try (Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("churned", 300));
      ConcurrentOwners owners = new ConcurrentOwners(300);
      for (int generation = 0; generation < ConcurrentKit.count(variant.arena() ? 5 : 40, 1_000); generation++) {
        ConcurrentKit.together(16, seed, index -> {
          long[] mine = new long[300];
          for (int i = 0; i < mine.length; i++) {
            mine[i] = cache.alloc();
            owners.took(mine[i], ((long) index << 32) | i);
          }
          for (int i = 0; i < mine.length; i++) {
            owners.gives(mine[i], ((long) index << 32) | i);
            cache.free(mine[i]);
          }
        });
        CacheStats stats = cache.stats();
        assertEquals(0, stats.objects().inuse());
        assertTrue(stats.objects().inMagazines() <= ConcurrentKit.magazineBound(kmem, stats), stats::toString);
      }
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void aDeadThreadIsNotKeptAlive(Variant variant) throws InterruptedException {
    try (Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("churned", 300));
      List<WeakReference<Thread>> dead = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Thread thread = Thread.ofPlatform().start(() -> {
          for (int n = 0; n < 100; n++) {
            cache.free(cache.alloc());
          }
        });
        thread.join();
        dead.add(new WeakReference<>(thread));
      }
      int alive = dead.size();
      for (int tries = 0; tries < 20 && alive > 0; tries++) {
        System.gc();
        alive = (int) dead.stream().filter(reference -> reference.get() != null).count();
      }
      assertEquals(0, alive, "dead threads still reachable");
      ConcurrentKit.finish(kmem, cache);
    }
  }

  private record Item(long object, long owner) {}

  @ParameterizedTest
  @MethodSource("dev.slablab.ConcurrentKit#variants")
  void manyShortLivedVirtualThreads(Variant variant) {
    long seed = ConcurrentKit.seed();
    int threads = ConcurrentKit.count(variant.arena() ? 5_000 : 20_000, 100_000);
    Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
    Queue<Item> left = new ConcurrentLinkedQueue<>();
    try (Kmem kmem = variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("virtual", 128));
      ConcurrentOwners owners = new ConcurrentOwners(128);
      ThreadFactory factory = Thread.ofVirtual().factory();
      try (ExecutorService executor = Executors.newThreadPerTaskExecutor(factory)) {
        for (int t = 0; t < threads; t++) {
          long owner = (long) t << 8;
          executor.execute(() -> {
            try {
              // Takes three, perhaps moves to another carrier, frees two and whatever another thread left.
              for (int i = 0; i < 3; i++) {
                long object = cache.alloc();
                owners.took(object, owner + i);
                if (i == 1) {
                  Thread.yield();
                }
                left.add(new Item(object, owner + i));
              }
              for (int i = 0; i < 3; i++) {
                Item item = left.poll();
                if (item != null) {
                  owners.gives(item.object, item.owner);
                  cache.free(item.object);
                }
              }
            } catch (Throwable e) {
              thrown.add(e);
            }
          });
        }
      }
      ConcurrentKit.rethrow(thrown, seed);
      left.forEach(item -> {
        owners.gives(item.object, item.owner);
        cache.free(item.object);
      });
      CacheStats stats = cache.stats();
      assertEquals(3L * threads, stats.objects().allocated());
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, kmem.heldBytes());
    }
  }
}
