package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.Failures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
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

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void retuneReapAndAgeBesideThreadsThatPassObjectsOn(int count) throws InterruptedException {
    try (LinuxRig rig = rig(count, 200)) {
      ConcurrentLinkedQueue<Long> queue = new ConcurrentLinkedQueue<>();
      ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
      AtomicBoolean over = new AtomicBoolean();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int node = t % count;
        threads.add(Thread.ofPlatform().daemon().start(() -> {
          rig.moveTo(node);
          try {
            for (int i = 0; i < 40_000; i++) {
              queue.add(rig.alloc());
              Long object = i % 3 == 0 ? null : queue.poll();
              if (object != null) {
                rig.free(object);
              }
              if (i % 1000 == 999) {
                for (Long left = queue.poll(); left != null; left = queue.poll()) {
                  rig.free(left);
                }
              }
            }
          } catch (Throwable e) {
            wrong.add(e);
          }
        }));
      }
      Thread tuner = Thread.ofPlatform().daemon().start(() -> {
        int[][] sizes = {{120, 60, 8}, {1, 1, 0}, {7, 3, 2}, {54, 27, 0}};
        for (int i = 0; !over.get(); i++) {
          int[] size = sizes[i % sizes.length];
          rig.cache.retune(size[0], size[1], size[2]);
          rig.cache.age();
          long _ = rig.cache.reap();
        }
      });
      for (Thread thread : threads) {
        thread.join();
      }
      over.set(true);
      tuner.join();
      assertEquals(List.of(), List.copyOf(wrong));
      for (Long left = queue.poll(); left != null; left = queue.poll()) {
        rig.free(left);
      }
      finish(rig);
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
