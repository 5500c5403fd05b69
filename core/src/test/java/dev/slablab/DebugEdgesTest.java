package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.OpenKmems;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where red zones make an object much larger, or meet another mechanism; and who waits for whose hooks. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DebugEdgesTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  /** A small object whose red zones put its descriptors off the slab is closed before the cache they come from. */
  @Test
  void offSlabByItsRedZonesAloneIsClosedFirst() {
    try (Kmem kmem = Kmem.builder().tunable(Tunable.GENERAL_SLAB_LIMIT, 16384).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("tiny", 8).align(512).flags(CacheFlag.SLAB).debug(2));
      long object = cache.alloc();
      cache.free(object);
      cache.verify();
    }
  }

  /** RED_ZONE has no effect on objects aligned to more than a word: then the level has. */
  @Test
  void flagsWithoutEffectLeaveTheLevelItsWork() {
    Kmem kmem = kmems.open(Kmem.builder());
    kmems.corrupted(kmem);
    KmemCache cache = kmem.createCache(CacheSpec.of("x", 100).align(64).flags(CacheFlag.SLAB, CacheFlag.RED_ZONE)
        .debug(2));
    long object = cache.alloc();
    Memory.putInt(object + 100, 1);
    KmemException e = assertThrows(KmemException.Corruption.class, () -> cache.free(object));
    assertTrue(e.getMessage().contains("overrun"), e.getMessage());
  }

  /** What can be made without a level can be made with one. */
  @Test
  void oneObjectPerSlabOfAPowerOfTwo() {
    Kmem kmem = kmems.open(Kmem.builder());
    for (int level = 0; level <= 3; level++) {
      KmemCache cache = kmem.createCache(CacheSpec.of("one" + level, 8192).flags(CacheFlag.KMEM).objectsPerSlab(1)
          .debug(level));
      cache.free(cache.alloc());
      cache.verify();
    }
  }

  /** A destructor that takes its time holds up no other thread's reap. */
  @Test
  void aReapBesideASlowDestructorReturns() throws InterruptedException {
    Kmem kmem = kmems.open(Kmem.builder());
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    KmemCache cache = kmem.createCache(CacheSpec.of("slow", 300).flags(CacheFlag.KVMEM).debug(3)
        .hooks(null, (_, _) -> {
          if (first.getAndSet(false)) {
            inside.countDown();
            try {
              go.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        }, null, ConstructorPlacement.PER_SLAB));
    cache.free(cache.alloc());
    Thread reaper = Thread.ofPlatform().start(cache::reap);
    inside.await();
    try {
      assertEquals(0, cache.reap());
    } finally {
      go.countDown();
      reaper.join();
    }
    assertEquals(0, cache.stats().slabs().total());
  }
}
