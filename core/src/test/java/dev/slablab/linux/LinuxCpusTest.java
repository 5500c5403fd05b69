package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemException;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CPUs that go away and come back; the nodes' CPUs take turns, two for each. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxCpusTest {
  private static LinuxRig rig(int nodes, long size) {
    return new LinuxRig(nodes, 2 * nodes, CacheSpec.of("rig", size));
  }

  private static void online(LinuxRig rig, int cpu, boolean there) {
    rig.online(cpu, there);
    rig.cache.cpusChanged();
    rig.cache.verify();
  }

  private static void finish(LinuxRig rig) {
    rig.cache.verify();
    Failures thrown = new Failures();
    assertTrue(rig.cache.close(false, thrown).isEmpty());
    thrown.rethrow();
    assertEquals(0, rig.source.heldBytes());
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 512, 3000})
  void aCpuTakesItsArrayAndABatchOfTheLimitWithIt(int size) {
    try (LinuxRig rig = rig(1, size)) {
      List<Long> live = rig.alloc(4 * rig.geometry.limit());
      live.subList(0, rig.geometry.limit()).forEach(rig::free);
      assertNotEquals(0, rig.array().size());
      long limit = rig.one().freeLimit();
      assertEquals(3L * rig.geometry.batch() + rig.geometry.objects(), limit);
      online(rig, 0, false);
      assertEquals(List.of(), rig.array());
      assertEquals(limit - rig.geometry.batch(), rig.one().freeLimit());
      assertTrue(rig.one().freeObjects <= rig.one().freeLimit());
      assertEquals(rig.geometry.sharedFactor() == 0, rig.one().shared == null, "the node has another CPU");
      online(rig, 0, true);
      assertEquals(limit, rig.one().freeLimit());
      live.subList(rig.geometry.limit(), live.size()).forEach(rig::free);
      finish(rig);
    }
  }

  @Test
  void theLastCpuOfANodeTakesItsArraysAndItsFreeSlabs() {
    try (LinuxRig rig = rig(2, 64)) {
      Node there = rig.cache.nodes[1];
      List<Long> far = near(rig, 1, 1000);
      List<Long> here = near(rig, 0, 100);
      rig.moveTo(1);
      here.subList(0, 7).forEach(rig::free); // into its alien array for node 0
      rig.moveTo(0);
      far.subList(0, 18).forEach(rig::free); // twelve into its shared array, six into the alien one of node 0
      rig.moveTo(1);
      far.subList(18, 900).forEach(rig::free);
      assertEquals(7, present(there.aliens[0]).avail());
      assertNotEquals(0, present(there.shared).avail());
      assertNotEquals(0, there.free.size);
      online(rig, 1, false);
      assertNotEquals(0, there.free.size, "it has a CPU yet");
      assertEquals(0, present(there.aliens[0]).avail() - 7, "and keeps its alien objects");
      online(rig, 3, false);
      assertNull(there.shared);
      assertEquals(0, present(there.aliens[0]).avail());
      assertEquals(0, there.free.size);
      assertEquals(rig.geometry.batch() + rig.geometry.objects(), there.freeLimit());
      rig.moveTo(0);
      far.subList(900, 1000).forEach(rig::free); // what is left finds its way home
      assertEquals(rig.slab(here.get(50)).node, rig.cache.nodes[0]);
      online(rig, 3, true);
      assertEquals(8 * rig.geometry.batch(), present(there.shared).room());
      here.subList(7, 100).forEach(rig::free);
      finish(rig);
    }
  }

  private static List<Long> near(LinuxRig rig, int node, int count) {
    rig.moveTo(1 - node); // not by way of this thread's array, which moves with it
    return LongStream.range(0, count).map(_ -> rig.cache.allocateOn(node, AllocMode.SLEEP)).boxed().toList();
  }

  private static ArrayCache present(@org.jspecify.annotations.Nullable ArrayCache array) {
    assertNotNull(array);
    return array;
  }

  @Test
  void oneCpuMustStay() {
    Topology topology = Topology.of(2, 4);
    assertEquals(2, topology.cpus(1));
    for (int i = 0; i < 2; i++) { // once is enough
      topology.online(1, false);
      assertEquals(1, topology.cpus(1));
    }
    topology.online(3, false);
    topology.online(0, false);
    assertEquals(0, topology.cpus(1));
    String message = assertThrows(KmemException.Usage.class, () -> topology.online(2, false)).getMessage();
    assertTrue(message.startsWith("cpu = 2: ") && message.contains("0..3"), message);
    assertThrows(KmemException.Usage.class, () -> topology.online(4, true));
    assertThrows(KmemException.Usage.class, () -> topology.online(-1, true));
    topology.online(3, true);
    topology.online(2, false);
    assertEquals("0 1", topology.cpus(0) + " " + topology.cpus(1));
  }

  /** A CPU that goes while a cache is being closed in vain: nobody in it could listen, and the cache is used on. */
  @Test
  void aCpuThatGoesDuringACloseThatFailsIsNotOverlooked() {
    LinuxRig[] self = new LinuxRig[1];
    boolean[] going = new boolean[1];
    CacheSpec spec = CacheSpec.of("rig", 64).hooks(null, (_, _) -> {
      if (going[0]) {
        going[0] = false;
        self[0].online(1, false);
        self[0].cache.cpusChanged();
        self[0].online(3, false);
        self[0].cache.cpusChanged(); // node 1 has no other
      }
    }, null, ConstructorPlacement.PER_SLAB);
    try (LinuxRig rig = new LinuxRig(2, 4, spec)) {
      self[0] = rig;
      List<Long> far = near(rig, 1, 1000);
      rig.moveTo(1);
      far.subList(1, 1000).forEach(rig::free);
      going[0] = true;
      Failures thrown = new Failures();
      assertEquals(1, rig.cache.close(false, thrown).objects());
      thrown.rethrow();
      assertFalse(going[0], "slabs went, and the CPUs with them");
      assertNull(rig.cache.nodes[1].shared);
      rig.moveTo(0);
      rig.free(far.getFirst());
      online(rig, 1, true);
      assertNotNull(rig.cache.nodes[1].shared);
      finish(rig);
    }
  }
}
