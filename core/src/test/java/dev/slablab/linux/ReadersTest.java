package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.ManualClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** DESTROY_BY_RCU: memory stays while somebody may look at it, and no longer. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReadersTest {
  private static final int SIZE = 1000;

  /** Lets every look for readers happen that is due. */
  private static void look(LinuxRig rig) {
    rig.tasks.runTimers();
  }

  @Test
  void memoryStaysUntilThoseAreOutWhoWereInside() {
    try (LinuxRig rig = new LinuxRig(SIZE, CacheFlag.DESTROY_BY_RCU)) {
      List<Long> live = rig.alloc(20);
      Memory.putLong(live.get(7), 4711);
      live.forEach(rig::free);
      long held = rig.source.heldBytes();
      rig.cache.read(() -> {
        assertEquals(0, rig.cache.reap());
        rig.cache.read(() -> look(rig)); // one within another; who came later is not waited for
        look(rig);
        assertEquals(held, rig.source.heldBytes());
        assertEquals(4711, Memory.getLong(live.get(7)), "free, but an object still");
      });
      assertEquals(held, rig.source.heldBytes(), "the next look");
      rig.cache.read(() -> {
        look(rig);
        assertEquals(0, rig.source.heldBytes(), "whoever begins later waits for nobody, and nobody for him");
      });
      rig.free(rig.alloc());
    }
  }

  @Test
  void theTwinWithoutTheFlagReturnsAtOnce() {
    try (LinuxRig rig = new LinuxRig(SIZE)) {
      rig.alloc(20).forEach(rig::free);
      rig.cache.read(() -> assertTrue(rig.cache.reap() > 0));
      assertEquals(0, rig.source.heldBytes());
    }
  }

  @Test
  void aReaderThatThrowsIsOut() {
    try (LinuxRig rig = new LinuxRig(SIZE, CacheFlag.DESTROY_BY_RCU)) {
      rig.alloc(20).forEach(rig::free);
      assertThrows(IllegalStateException.class, () -> rig.cache.read(() -> {
        throw new IllegalStateException("within");
      }));
      assertEquals(0, rig.cache.reap());
      look(rig);
      assertEquals(0, rig.source.heldBytes());
    }
  }

  @Test
  void whoReadsCannotCloseAndWhoClosesWaitsForReaders() throws InterruptedException {
    try (LinuxRig rig = new LinuxRig(SIZE, CacheFlag.DESTROY_BY_RCU)) {
      rig.alloc(20).forEach(rig::free);
      rig.cache.read(() -> {
        String message = assertThrows(KmemException.Usage.class, () -> rig.cache.close(false, new Failures()))
            .getMessage();
        assertTrue(message.contains("cache = rig") && message.contains("reads"), message);
        assertTrue(rig.cache.isInHook());
      });
      long held = rig.source.heldBytes();
      Thread[] closer = new Thread[1];
      rig.cache.read(() -> {
        closer[0] = Thread.ofPlatform().daemon().start(() -> rig.cache.close(false, new Failures()));
        while (rig.tasks.timers() == 0) {
          Thread.onSpinWait();
        }
        look(rig);
        assertEquals(held, rig.source.heldBytes());
        assertTrue(closer[0].isAlive());
      });
      look(rig);
      closer[0].join();
      assertEquals(0, rig.source.heldBytes());
    }
  }

  /**
   * Objects of one cache carry a stamp that never changes, constructed with their slab; a reader that got an address
   * before it was freed must find the stamp, though slabs come and go. Without the section it finds zeroes.
   */
  @Test
  void readersSeeObjectsOfTheirCacheHoweverManySlabsGo() throws InterruptedException {
    long stamp = 0x5AB5AB5AB5AB5ABL;
    CacheSpec spec = CacheSpec.of("rig", SIZE).flags(CacheFlag.DESTROY_BY_RCU).hooks(
        (object, priv, mode) -> Memory.putLong(object, stamp), null, null,
        dev.slablab.spec.ConstructorPlacement.PER_SLAB);
    try (LinuxRig rig = new LinuxRig(1, 2, spec)) {
      AtomicLong published = new AtomicLong();
      AtomicBoolean over = new AtomicBoolean();
      ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
      AtomicLong seen = new AtomicLong();
      CountDownLatch started = new CountDownLatch(2);
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        readers.add(Thread.ofPlatform().daemon().start(() -> {
          try {
            started.countDown();
            while (!over.get()) {
              rig.cache.read(() -> {
                long object = published.getAcquire();
                for (int look = 0; object != 0 && look < 2000; look++) {
                  assertEquals(stamp, Memory.getLong(object));
                  seen.incrementAndGet();
                  Thread.onSpinWait();
                }
              });
            }
          } catch (Throwable e) {
            wrong.add(e);
          }
        }));
      }
      started.await();
      for (int i = 0; i < 200 && wrong.isEmpty(); i++) {
        long object = rig.alloc();
        long before = seen.get();
        published.setRelease(object);
        while (seen.get() == before && wrong.isEmpty()) { // until somebody looks, and goes on looking
          Thread.onSpinWait();
        }
        published.setRelease(0);
        rig.free(object);
        long _ = rig.cache.reap();
        look(rig);
      }
      over.set(true);
      for (Thread reader : readers) {
        reader.join();
      }
      assertEquals(List.of(), List.copyOf(wrong));
      look(rig);
      assertEquals(0, rig.source.heldBytes());
      assertNotEquals(0, rig.cache.stats().slabs().destroy());
    }
  }

  /** The same through the public classes, where slabs' memory goes by a task of the instance. */
  @Test
  void theWholeInstanceKeepsItToo() {
    dev.slablab.testing.ManualScheduler tasks = new dev.slablab.testing.ManualScheduler();
    try (dev.slablab.Kmem kmem = dev.slablab.Kmem.builder().clock(new ManualClock()).scheduler(tasks).build()) {
      dev.slablab.KmemCache cache = kmem.createCache(CacheSpec.of("read", SIZE).flags(CacheFlag.DESTROY_BY_RCU));
      cache.free(cache.alloc());
      cache.read(() -> {
        assertEquals(0, cache.reap());
        tasks.runTimers();
        assertNotEquals(0, kmem.heldBytes());
        assertThrows(KmemException.Usage.class, kmem::close);
      });
      tasks.runTimers();
      assertEquals(0, cache.stats().slabs().total());
      cache.close();
      dev.slablab.KmemCache other = kmem.createCache(CacheSpec.of("spl", 20_000));
      int[] ran = new int[1];
      other.read(() -> ran[0]++);
      assertEquals(1, ran[0]);
    }
  }
}
