package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.slab.LeakReport;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.Pattern;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several memory nodes, simulated: a thread says where it is. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxNodesTest {
  private static LinuxRig rig(int nodes, long size) {
    return new LinuxRig(nodes, 2 * nodes, CacheSpec.of("rig", size));
  }

  private static void finish(LinuxRig rig) {
    rig.cache.verify();
    rig.cache.reap();
    rig.cache.verify();
    assertEquals(0, rig.source.heldBytes());
    Failures thrown = new Failures();
    assertTrue(rig.cache.close(false, thrown).isEmpty());
    thrown.rethrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void remoteFreesGoThroughAlienArrays(int count) {
    try (LinuxRig rig = rig(count, 64)) {
      rig.moveTo(1);
      List<Long> live = rig.alloc(100);
      live.forEach(object -> assertEquals(1, rig.slab(object).node.id));
      rig.moveTo(0);
      ArrayCache alien = present(rig.cache.nodes[0].aliens[1]);
      Node its = rig.cache.nodes[1];
      live.subList(0, 12).forEach(rig::free);
      assertEquals(12, alien.avail());
      assertEquals(0, its.shared == null ? -1 : its.shared.avail());
      rig.free(live.get(12));
      assertEquals(1, alien.avail(), "drained, then stored");
      assertEquals(12, its.shared == null ? -1 : its.shared.avail(), "into the other node's shared array");
      SlabInfo info = rig.cache.info();
      assertEquals(13, info.globalStat().remoteFrees());
      assertEquals(1, info.globalStat().alienOverflows());
      rig.cache.verify();
      live.subList(13, 100).forEach(rig::free);
      rig.cache.verify();
      finish(rig);
    }
  }

  private static ArrayCache present(@org.jspecify.annotations.Nullable ArrayCache alien) {
    assertNotNull(alien);
    return alien;
  }

  @Test
  void anAlienArrayOfACacheOfSingleObjectsHoldsOne() {
    try (LinuxRig rig = rig(2, 200_000)) {
      assertEquals(1, rig.geometry.limit());
      rig.moveTo(1);
      List<Long> live = rig.alloc(3);
      rig.moveTo(0);
      ArrayCache alien = present(rig.cache.nodes[0].aliens[1]);
      live.forEach(rig::free);
      assertEquals(1, alien.avail());
      assertEquals(2, rig.cache.info().globalStat().alienOverflows());
      assertEquals(1, rig.cache.nodes[1].active - rig.magazines.held(), "the others are in their slabs");
      finish(rig);
    }
  }

  @Test
  void theReaperDrainsOneAlienArrayAPass() {
    try (LinuxRig rig = rig(4, 64)) {
      List<Long> live = new ArrayList<>();
      for (int node = 1; node < 4; node++) {
        live.add(rig.cache.allocateOn(node, AllocMode.SLEEP));
      }
      live.forEach(rig::free);
      for (int pass = 1; pass <= 4; pass++) {
        int left = 0;
        for (ArrayCache alien : rig.cache.nodes[0].aliens) {
          left += alien == null ? 0 : alien.avail();
        }
        assertEquals(4 - pass, left, "before pass " + pass);
        rig.cache.age();
      }
      finish(rig);
    }
  }

  @Test
  void allocationsFromAGivenNode() {
    try (LinuxRig rig = rig(2, 512)) {
      long there = rig.cache.allocateOn(1, AllocMode.SLEEP);
      assertEquals(1, rig.slab(there).node.id);
      long here = rig.cache.allocateOn(0, AllocMode.SLEEP);
      assertEquals(0, rig.slab(here).node.id);
      List<Long> live = new ArrayList<>();
      rig.pagesFail = () -> true;
      for (int i = 0; i < rig.geometry.objects() - 1; i++) {
        live.add(rig.cache.allocateOn(1, AllocMode.NOSLEEP));
        assertEquals(1, rig.slab(live.getLast()).node.id);
      }
      long elsewhere = rig.cache.allocateOn(1, AllocMode.NOSLEEP);
      assertNotEquals(0, elsewhere, "there are free objects, though of another node");
      assertEquals(0, rig.slab(elsewhere).node.id);
      live.addAll(List.of(there, here, elsewhere));
      live.forEach(rig::free);
      finish(rig);
    }
  }

  @Test
  void noSleepFindsWhatAlienArraysHold() {
    try (LinuxRig rig = rig(2, 64)) {
      rig.moveTo(1);
      List<Long> live = rig.alloc(rig.geometry.objects());
      rig.moveTo(0);
      live.subList(0, 5).forEach(rig::free);
      rig.pagesFail = () -> true;
      rig.moveTo(1);
      for (int i = 0; i < 5; i++) {
        assertNotEquals(0, rig.alloc(AllocMode.NOSLEEP));
      }
      assertEquals(0, rig.alloc(AllocMode.NOSLEEP));
      live.forEach(rig::free);
      finish(rig);
    }
  }

  private record Item(long object, long tag) {}

  /**
   * Threads that pass objects on, beside whatever else goes on. Each object is filled while it is somebody's, so that
   * one handed out twice is seen; what any thread throws is thrown here.
   */
  private static final class Racers {
    private static final int ROUNDS = 20_000;

    final LinuxRig rig;
    final int size;
    final ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    final AtomicBoolean over = new AtomicBoolean();
    private final ConcurrentLinkedQueue<Item> queue = new ConcurrentLinkedQueue<>();
    private final Set<Long> live = ConcurrentHashMap.newKeySet();
    private final List<Thread> others = new ArrayList<>();

    Racers(LinuxRig rig, int size) {
      this.rig = rig;
      this.size = size;
    }

    interface Step {
      void run(int round) throws Exception;
    }

    /** Does something again and again until the racers are done; a cache that is being closed may refuse it. */
    void beside(Step step) {
      others.add(Thread.ofPlatform().daemon().start(() -> {
        try {
          for (int i = 0; !over.get(); i++) {
            try {
              step.run(i);
            } catch (KmemException.Usage e) {
              assertTrue(String.valueOf(e.getMessage()).contains("being closed by another thread"), e.getMessage());
            }
          }
        } catch (Throwable e) {
          wrong.add(e);
        }
      }));
    }

    private void alloc(long tag) {
      long object;
      for (;;) {
        try {
          object = rig.alloc();
          break;
        } catch (KmemException.Usage e) { // being closed, in vain
          assertTrue(String.valueOf(e.getMessage()).contains("being closed by another thread"), e.getMessage());
          Thread.yield();
        }
      }
      assertTrue(live.add(object), "handed out twice");
      Pattern.fill(object, size, tag);
      queue.add(new Item(object, tag));
    }

    void free() {
      for (Item item = queue.poll(); item != null; item = queue.poll()) {
        free(item);
      }
    }

    private void free(Item item) {
      Pattern.check(item.object, size, item.tag);
      assertTrue(live.remove(item.object));
      rig.free(item.object);
    }

    void race(int count) throws InterruptedException {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int number = t;
        threads.add(Thread.ofPlatform().daemon().start(() -> {
          rig.moveTo(number % count);
          try {
            for (int i = 0; i < ROUNDS && wrong.isEmpty(); i++) {
              alloc((long) number * ROUNDS + i);
              Item item = i % 3 == 0 ? null : queue.poll();
              if (item != null) {
                free(item);
              }
              if (i % 1000 == 999) {
                free();
              }
            }
          } catch (Throwable e) {
            wrong.add(e);
          }
        }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      over.set(true);
      for (Thread thread : others) {
        thread.join();
      }
      if (!wrong.isEmpty()) {
        throw new AssertionError(wrong.size() + " threads failed: " + wrong.peek(), wrong.peek());
      }
      free();
    }
  }

  private static final int[][] SIZES = {{120, 60, 8}, {1, 1, 0}, {7, 3, 2}, {54, 27, 0}};

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void retuneReapAndAgeBesideThreadsThatPassObjectsOn(int count) throws InterruptedException {
    try (LinuxRig rig = rig(count, 200)) {
      Racers racers = new Racers(rig, 200);
      racers.beside(i -> {
        int[] size = SIZES[i % SIZES.length];
        rig.cache.retune(size[0], size[1], size[2]);
        rig.cache.age();
        long _ = rig.cache.reap();
      });
      racers.race(count);
      finish(rig);
    }
  }

  /** Whole nodes lose their CPUs, one after the other, beside everything else. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void cpusComeAndGoBesideThreadsThatPassObjectsOn(int count) throws InterruptedException {
    try (LinuxRig rig = rig(count, 200)) {
      Racers racers = new Racers(rig, 200);
      racers.beside(i -> {
        rig.online(i % (2 * count), i / (2 * count) % 2 == 1 || i % (2 * count) == 0); // one stays
        rig.cache.cpusChanged();
        rig.cache.age();
      });
      racers.beside(i -> rig.cache.retune(SIZES[i % 4][0], SIZES[i % 4][1], SIZES[i % 4][2]));
      racers.race(count);
      finish(rig);
    }
  }

  /** One object stays out, so that every close is in vain and the cache opens again. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void closeBesideRetuneReapAndThreadsThatPassConstructedObjectsOn(int count) throws InterruptedException {
    Set<Long> constructed = ConcurrentHashMap.newKeySet();
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    CacheSpec spec = CacheSpec.of("rig", 200).hooks((object, priv, mode) -> {
      if (!constructed.add(object)) {
        wrong.add(new AssertionError("constructed twice"));
      }
    }, (object, priv) -> {
      if (!constructed.remove(object)) {
        wrong.add(new AssertionError("destructed, but not constructed"));
      }
    }, null, ConstructorPlacement.PER_SLAB);
    try (LinuxRig rig = new LinuxRig(count, 2 * count, spec)) {
      long kept = rig.alloc();
      AtomicInteger closes = new AtomicInteger();
      Racers racers = new Racers(rig, 200);
      racers.beside(_ -> {
        Failures thrown = new Failures();
        LeakReport leak = rig.cache.close(false, thrown);
        thrown.rethrow();
        assertTrue(leak.objects() > 0);
        assertFalse(rig.cache.isClosed());
        closes.incrementAndGet();
        rig.cache.age();
      });
      racers.beside(i -> rig.cache.retune(SIZES[i % 4][0], SIZES[i % 4][1], SIZES[i % 4][2]));
      racers.beside(_ -> {
        long _ = rig.cache.reap();
      });
      racers.race(count);
      assertEquals(List.of(), List.copyOf(wrong));
      assertTrue(closes.get() > 0);
      assertEquals(rig.cache.stats().objects().total(), constructed.size());
      rig.free(kept);
      finish(rig);
      assertEquals(Set.of(), constructed);
    }
  }

  @Test
  void nodesAreReadFromTheSystem(@TempDir Path folder) throws IOException {
    String[] lists = {"0-1,6", "", "2-5,7-99"};
    for (int i = 0; i < lists.length; i++) {
      Path node = Files.createDirectories(folder.resolve("node" + i));
      Files.writeString(node.resolve("cpulist"), lists[i] + "\n");
    }
    assertEquals("[0, 0, 1, 1, 1, 1, 0, 1]", java.util.Arrays.toString(Topology.discover(folder, 8)));
    assertEquals("[0, 0]", java.util.Arrays.toString(Topology.discover(folder.resolve("none"), 2)));
    Topology simulated = Topology.of(3, 4);
    assertEquals(3, simulated.nodes());
    assertEquals(2, simulated.cpus(0));
    assertTrue(simulated.node() < 3);
  }
}
