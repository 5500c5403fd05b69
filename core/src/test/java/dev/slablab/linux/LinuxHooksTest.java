package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hooks that call back into the cache, and what counts are left when something fails: one node, one CPU array. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxHooksTest {
  private final List<Runnable> calls = new ArrayList<>();
  private final List<Throwable> thrown = new ArrayList<>();
  private LinuxRig rig = new LinuxRig(8);

  /** A cache whose destructor runs what the test says, once. */
  private LinuxRig rig(int size, CacheFlag... flags) {
    rig.close();
    rig = new LinuxRig(1, 2, CacheSpec.of("rig", size).flags(flags)
        .hooks(null, (_, _) -> call(), null, ConstructorPlacement.PER_SLAB));
    return rig;
  }

  private void call() {
    if (!calls.isEmpty()) {
      try {
        calls.removeFirst().run();
      } catch (RuntimeException e) {
        thrown.add(e);
      }
    }
  }

  @AfterEach
  void everythingHolds() {
    try (LinuxRig last = rig) {
      last.cache.verify();
    }
  }

  @Test
  void anRcuDestructorCannotCloseItsCache() {
    LinuxRig rcu = rig(1000, CacheFlag.DESTROY_BY_RCU);
    rcu.alloc(20).forEach(rcu::free);
    assertEquals(0, rcu.cache.reap());
    boolean[] inHook = new boolean[1];
    calls.add(() -> {
      inHook[0] = rcu.cache.isInHook();
      rcu.cache.close(false, new Failures());
    });
    rcu.tasks.runTimers();
    assertTrue(inHook[0]);
    assertInstanceOf(KmemException.Usage.class, thrown.getFirst());
    assertFalse(rcu.cache.isInHook());
    assertEquals(0, rcu.source.heldBytes());
    rcu.free(rcu.alloc());
  }

  @Test
  void aReapWithinAReapReturnsAtOnce() {
    LinuxRig plain = rig(1000);
    plain.alloc(20).forEach(plain::free);
    long held = plain.source.heldBytes();
    List<Long> inner = new ArrayList<>();
    calls.add(() -> {
      plain.alloc(20).forEach(plain::free); // something to be had
      inner.add(plain.cache.reap());
    });
    assertEquals(held, plain.cache.reap(), "what it returned itself");
    assertEquals(List.of(0L), inner);
    assertNotEquals(0, plain.source.heldBytes());
    assertTrue(plain.cache.reap() > 0);
    assertEquals(0, plain.source.heldBytes());
  }

  @Test
  void retuningGivesBackWhatTheArraysHeldBeyondTheLimit() {
    LinuxRig plain = rig(1000);
    plain.cache.retune(200, 1, 0);
    plain.alloc(200).forEach(plain::free);
    calls.add(() -> plain.cache.retune(100, 1, 0)); // in the midst of the other's end
    calls.add(plain.cache::reap);
    plain.cache.retune(50, 1, 0);
    assertEquals(List.of(), thrown);
    assertTrue(plain.one().freeObjects <= plain.one().freeLimit());
    List<Long> live = plain.alloc(300);
    assertEquals(300, live.stream().distinct().count());
    live.forEach(plain::free);
  }

  @Test
  void failuresAreNeitherHitsNorMisses() {
    LinuxRig plain = rig(1000);
    plain.pagesFail = () -> true;
    for (int i = 0; i < 5; i++) {
      assertEquals(0, plain.alloc(dev.slablab.spec.AllocMode.NOSLEEP));
      assertThrows(KmemException.NoMemory.class, plain::alloc);
    }
    plain.pagesFail = () -> false;
    assertEquals(new SlabInfo.CpuStat(0, 0, 0, 0), plain.cache.info().cpuStat());
    plain.free(plain.alloc());
    assertEquals(new SlabInfo.CpuStat(0, 1, 1, 0), plain.cache.info().cpuStat());
    assertEquals(0, plain.cache.info().globalStat().maxFreeable(), "a slab just made is not one that a free left");
  }

  @Test
  void nodesAreInTheOrderOfTheirNumbers(@TempDir Path folder) throws Exception {
    for (int node : new int[] {10, 2, 0}) {
      Files.createDirectories(folder.resolve("node" + node));
      Files.writeString(folder.resolve("node" + node + "/cpulist"), node == 0 ? "0\n" : node == 2 ? "1\n" : "2\n");
    }
    assertEquals("[0, 1, 2]", Arrays.toString(Topology.discover(folder, 3)));
  }
}
