package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A million virtual threads (ten under stress), each of which allocates and frees once, a few thousand of them alive at
 * a time: they leave nothing behind, and no magazine is theirs.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MillionThreadsTest {
  private static final int THREADS = ConcurrentKit.count(1_000_000, 10_000_000);
  private static final int ALIVE = 4000;

  @Test
  void shortLivedThreadsOverBothSlabs() throws InterruptedException {
    long start = System.nanoTime();
    Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
    try (Kmem kmem = Kmem.builder().tunables(Tunables.defaults().with(Tunable.SPL_KMEM_CACHE_EXPIRE, 0)).build()) {
      KmemCache spl = kmem.createCache(CacheSpec.of("spl", 128).flags(CacheFlag.KVMEM));
      KmemCache linux = kmem.createCache(CacheSpec.of("linux", 128).flags(CacheFlag.SLAB));
      ConcurrentOwners owners = new ConcurrentOwners(128);
      Semaphore alive = new Semaphore(ALIVE);
      CountDownLatch ended = new CountDownLatch(THREADS);
      for (int i = 0; i < THREADS; i++) {
        long owner = i;
        alive.acquire();
        Thread _ = Thread.ofVirtual().start(() -> {
          try {
            long one = spl.alloc();
            owners.took(one, owner);
            long other = linux.alloc();
            owners.took(other, owner);
            Thread.yield(); // perhaps to another carrier
            owners.gives(one, owner);
            spl.free(one);
            owners.gives(other, owner);
            linux.free(other);
          } catch (Throwable e) {
            thrown.add(e);
          } finally {
            alive.release();
            ended.countDown();
          }
        });
      }
      ended.await();
      ConcurrentKit.rethrow(thrown, 0);
      for (KmemCache cache : List.of(spl, linux)) {
        CacheStats stats = cache.stats();
        assertEquals(THREADS, stats.objects().allocated());
        assertEquals(0, stats.objects().inuse());
        assertTrue(stats.objects().inMagazines() <= ConcurrentKit.magazineBound(kmem, stats), stats::toString);
        // while they were alive no more was in use than they held and magazines hold back
        long most = ALIVE + 2 * ConcurrentKit.magazineBound(kmem, stats) + stats.objectsPerSlab();
        assertTrue(stats.objects().max() <= most, () -> stats.objects().max() + " of " + most);
        ConcurrentKit.finish(kmem, cache);
      }
      assertEquals(0, kmem.heldBytes());
    }
    System.out.printf("%d virtual threads in %.1f s%n", THREADS, (System.nanoTime() - start) / 1e9);
  }
}
