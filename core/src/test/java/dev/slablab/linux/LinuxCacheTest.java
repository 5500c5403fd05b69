package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.percpu.Drain;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What moves where, and how much of it: one node, one CPU array. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxCacheTest {
  private final List<LinuxRig> rigs = new ArrayList<>();

  private LinuxRig rig(long size, CacheFlag... flags) {
    LinuxRig rig = new LinuxRig(size, flags);
    rigs.add(rig);
    return rig;
  }

  @AfterEach
  void everythingHolds() {
    for (LinuxRig rig : rigs) {
      try (rig) {
        rig.cache.verify();
      }
    }
  }

  @Test
  void anIdleArrayIsRefilledWithSixteenThenWithABatch() {
    LinuxRig rig = rig(64);
    assertEquals(120, rig.geometry.limit());
    assertEquals(0, rig.source.heldBytes(), "no slab before the first allocation");
    long first = rig.alloc();
    assertEquals(15, rig.array().size(), "nobody had taken from it");
    assertEquals(rig.slab(first).address(15), first, "the array is a stack, the chain ascends");
    rig.alloc(16);
    assertEquals(59 - 16 - 1, rig.array().size(), "now somebody had: all the slab has");
  }

  /** Leaves an empty array above partial slabs. */
  private static List<Long> partialSlabs(LinuxRig rig) {
    List<Long> live = rig.alloc(10 * rig.geometry.objects());
    for (int i = 0; i < live.size(); i++) {
      if (i % rig.geometry.objects() != 0) {
        rig.free(live.get(i));
      }
    }
    rig.cache.reap();
    assertEquals(10, rig.one().partial.size);
    return live;
  }

  @Test
  void aRefillAfterAnIdleReapTakesSixteen() {
    LinuxRig rig = rig(64);
    List<Long> _ = partialSlabs(rig);
    rig.cache.age(); // an empty array stays touched
    rig.alloc();
    assertEquals(59, rig.array().size(), "a batch, of two slabs");
    rig.cache.age(); // clears the mark
    emptyArray(rig);
    rig.alloc();
    assertEquals(15, rig.array().size());
  }

  private static void emptyArray(LinuxRig rig) {
    rig.magazines.drain((objects, n) -> put(rig, objects, n), Drain.SKIP_BUSY);
  }

  private static void put(LinuxRig rig, long[] objects, int n) {
    for (int i = 0; i < n; i++) {
      try (Guard _ = rig.one().guard.take()) {
        assertNull(rig.one().put(rig.slab(objects[i]), objects[i], false));
      }
    }
  }

  @Test
  void aFullArrayGivesABatchToTheSharedArrayAndThatItsTopBack() {
    LinuxRig rig = rig(64);
    List<Long> live = rig.alloc(700);
    rig.cache.reap();
    assertEquals(480, rig.one().shared == null ? 0 : rig.one().shared.room(), "eight batches");
    List<Long> freed = live.subList(0, 121);
    freed.forEach(rig::free);
    assertEquals(freed.subList(0, 60), rig.shared(), "the oldest");
    assertEquals(freed.subList(60, 121), rig.array(), "the rest moved down, and the new one on top");
    rig.alloc(61);
    assertEquals(0, rig.array().size());
    long top = rig.alloc();
    assertEquals(freed.get(59), top, "the shared array's newest");
    assertEquals(freed.subList(0, 59), rig.array(), "one refill took all of it");
  }

  @Test
  void anAlmostFullSharedArrayTakesWhatFitsAndTheRestStays() {
    LinuxRig rig = rig(64);
    List<Long> live = rig.alloc(900);
    rig.cache.reap();
    rig.cache.retune(120, 50, 3); // room for 150
    List<Long> freed = live.subList(0, 121 + 50 + 50);
    freed.forEach(rig::free);
    assertEquals(150, rig.shared().size());
    assertEquals(120 - 50 + 1, rig.array().size());
    rig.cache.retune(120, 60, 1); // contents to slabs
    assertEquals(0, rig.shared().size());
    assertEquals(0, rig.array().size());
    live.subList(221, 221 + 121).forEach(rig::free);
    assertEquals(60, rig.shared().size());
    assertEquals(61, rig.array().size());
    long active = rig.one().active;
    live.subList(342, 342 + 60).forEach(rig::free);
    assertEquals(61, rig.array().size());
    assertEquals(60, rig.shared().size(), "no room");
    assertEquals(active - 60, rig.one().active, "the whole batch went to the slabs");
    rig.alloc();
    rig.cache.age(); // clears the mark
    emptyArray(rig);
    rig.alloc(); // an idle array's refill: sixteen
    assertEquals(44, rig.shared().size());
    active = rig.one().active;
    live.subList(402, 402 + 106).forEach(rig::free);
    assertEquals(60, rig.shared().size(), "sixteen");
    assertEquals(120 - 16 + 1, rig.array().size(), "the others stay");
    assertEquals(active, rig.one().active, "none of them in its slab");
  }

  @Test
  void partialSlabsComeFirstThenTheFirstFreeOne() {
    LinuxRig rig = rig(1024);
    assertTrue(rig.geometry.offSlab() || rig.geometry.objects() == 3, rig.geometry.toString());
    int objects = rig.geometry.objects();
    rig.cache.retune(1, 1, 0);
    List<Long> live = rig.alloc(3 * objects);
    Node node = rig.one();
    node.freeTouched = false;
    assertEquals(3, node.full.size);
    LinuxSlab a = rig.slab(live.get(0));
    LinuxSlab b = rig.slab(live.get(objects));
    rig.free(live.get(0));
    rig.free(live.get(objects)); // the first leaves the array
    assertEquals(List.of(a), LinuxRig.slabs(node.partial));
    rig.free(live.get(1));
    assertEquals(List.of(a, b), LinuxRig.slabs(node.partial), "always to the tail");
    rig.free(live.get(objects + 1));
    assertEquals(List.of(b, a), LinuxRig.slabs(node.partial), "moved behind the other");
    rig.alloc();
    assertEquals(live.get(objects), rig.alloc(), "from partial's head, which fills up");
    assertEquals(List.of(a), LinuxRig.slabs(node.partial));
    assertFalse(node.freeTouched);
  }

  @Test
  void emptySlabsStayUpToTheLimitThenGo() {
    LinuxRig rig = rig(1024);
    int objects = rig.geometry.objects();
    rig.cache.retune(1, 1, 0);
    Node node = rig.one();
    assertEquals((1 + 2) * 1 + objects, node.freeLimit());
    List<Long> live = rig.alloc(10 * objects);
    long held = rig.source.heldBytes();
    live.forEach(rig::free);
    assertEquals((node.freeLimit()) / objects, node.free.size);
    assertTrue(rig.source.heldBytes() < held);
    assertEquals(1, rig.array().size());
    LinuxSlab last = LinuxRig.slabs(node.free).getFirst();
    assertEquals(rig.slab(live.get(objects * node.free.size - 1)), last, "the last to become empty is the first");
  }

  @Test
  void slabsTakeTurnsInColour() {
    for (int size : new int[] {96, 200, 1000, 1400}) {
      LinuxRig rig = rig(size);
      int colours = Math.max(rig.geometry.colours(), 1);
      Set<LinuxSlab> slabs = new LinkedHashSet<>(); // as they were grown
      while (slabs.size() < 2 * colours + 1) {
        slabs.add(rig.slab(rig.alloc()));
      }
      List<Long> order = new ArrayList<>();
      List<Long> cycle = new ArrayList<>();
      for (LinuxSlab slab : slabs) {
        cycle.add((long) order.size() % colours * rig.geometry.colourUnit());
        order.add(slab.address(0) - slab.base - rig.geometry.firstObject());
        assertTrue(slab.address(rig.geometry.objects() - 1) + size <= slab.base + rig.geometry.slabBytes());
      }
      assertEquals(cycle, order, "twice through all colours, and the first again");
    }
  }

  @ParameterizedTest
  @CsvSource({"64, 6", "512, 9", "2048, 8", "8192, 5", "200000, 2"})
  void aFullArrayDecaysInSoManyPasses(int size, int passes) {
    LinuxRig rig = rig(size);
    int limit = rig.geometry.limit();
    List<Long> live = rig.alloc(2 * limit + 1);
    rig.alloc(rig.array().size());
    live.subList(0, limit).forEach(rig::free);
    assertEquals(limit, rig.array().size());
    for (int pass = 1; pass <= passes; pass++) {
      assertNotEquals(0, rig.array().size(), "before pass " + pass);
      rig.cache.age();
      assertEquals(pass == passes, rig.array().isEmpty(), "after pass " + pass);
    }
  }

  @Test
  void sharedArrayAndFreeSlabsDecayEverySecondPass() {
    LinuxRig rig = rig(64);
    List<Long> live = rig.alloc(700);
    rig.cache.reap();
    live.subList(0, 120 + 60 * 8).forEach(rig::free);
    int shared = rig.shared().size();
    assertEquals(480, shared);
    rig.alloc(121);
    assertTrue(rig.shared().size() < 480, "a refill touched it");
    shared = rig.shared().size();
    rig.cache.age();
    assertEquals(shared, rig.shared().size());
    rig.cache.age();
    assertEquals(shared, rig.shared().size(), "the mark went");
    rig.cache.age();
    assertEquals(shared, rig.shared().size());
    rig.cache.age();
    assertEquals(shared - 96, rig.shared().size(), "(480 + 4) / 5");
  }

  @Test
  void freeSlabsLeaveFromTheTailUnlessNeeded() {
    LinuxRig rig = rig(1024);
    rig.cache.retune(24, 12, 0);
    int objects = rig.geometry.objects();
    long limit = 3 * 12 + objects;
    assertEquals(limit, rig.one().freeLimit());
    List<Long> live = rig.alloc((int) limit + 24);
    live.forEach(rig::free);
    rig.cache.retune(24, 12, 0); // the array goes to the slabs
    List<LinuxSlab> free = LinuxRig.slabs(rig.one().free);
    assertEquals(limit / objects, free.size());
    rig.cache.age();
    rig.cache.age();
    assertEquals(free, LinuxRig.slabs(rig.one().free), "they had been needed");
    long slabs = (limit + 5L * objects - 1) / (5L * objects);
    rig.cache.age();
    rig.cache.age();
    assertTrue(slabs > 0 && slabs < free.size());
    assertEquals(free.subList(0, (int) (free.size() - slabs)), LinuxRig.slabs(rig.one().free));
  }

  @Test
  void shrinkLeavesOnlySlabsInUse() {
    LinuxRig rig = rig(512);
    List<Long> live = rig.alloc(200);
    long held = rig.source.heldBytes();
    live.subList(1, 200).forEach(rig::free);
    long returned = rig.cache.reap();
    assertEquals(rig.geometry.slabBytes(), rig.source.heldBytes());
    assertTrue(returned > 0 && returned < held);
    rig.free(live.get(0));
    assertEquals(rig.geometry.slabBytes(), rig.cache.reap());
    assertEquals(0, rig.source.heldBytes());
    assertEquals(0, rig.descriptors);
  }

  @Test
  void destroyWithLeftoversLeavesTheCacheOpen() {
    LinuxRig rig = rig(100);
    List<Long> live = rig.alloc(100);
    live.subList(3, 100).forEach(rig::free);
    Failures thrown = new Failures();
    var leak = rig.cache.close(false, thrown);
    assertEquals(3, leak.objects());
    assertFalse(rig.cache.isClosed());
    rig.free(rig.alloc());
    live.subList(0, 3).forEach(rig::free);
    assertTrue(rig.cache.close(false, thrown).isEmpty());
    thrown.rethrow();
    assertEquals(0, rig.source.heldBytes());
    assertThrows(KmemException.Usage.class, rig::alloc);
  }

  @Test
  void offSlabDescriptorsAreObjectsOfGeneralCaches() {
    LinuxRig rig = rig(512);
    assertTrue(rig.geometry.offSlab(), rig.geometry.toString());
    List<Long> live = rig.alloc(5 * rig.geometry.objects());
    assertTrue(rig.descriptors >= 5);
    long inUse = rig.general.caches().stream().mapToLong(cache -> cache.stats().objects().inuse()).sum();
    assertEquals(rig.descriptors, inUse);
    long outside = rig.slab(live.get(0)).outside;
    assertTrue(rig.general.usableSize(outside) >= rig.geometry.descriptorBytes());
    live.forEach(rig::free);
    rig.cache.reap();
    assertEquals(0, rig.descriptors);
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 512, 5000})
  void everyRequestForPagesOrDescriptorsMayFail(int size) {
    for (int n = 1; n < 12; n++) {
      for (boolean pages : new boolean[] {true, false}) {
        LinuxRig rig = new LinuxRig(size);
        try (rig) {
          int[] requests = {0};
          int nth = n;
          if (pages) {
            rig.pagesFail = () -> ++requests[0] == nth || requests[0] == nth + 1;
          } else {
            rig.descriptorsFail = () -> ++requests[0] == nth || requests[0] == nth + 1;
          }
          List<Long> live = new ArrayList<>();
          int failed = 0;
          while (live.size() < 12 * rig.geometry.objects()) {
            long object = rig.alloc(AllocMode.NOSLEEP);
            if (object == 0) {
              failed++;
              rig.cache.verify();
              assertEquals(rig.one().grown * rig.geometry.slabBytes(), rig.source.heldBytes(), "pages went back");
              assertEquals(rig.geometry.offSlab() ? rig.one().grown : 0, rig.descriptors, "descriptors went back");
            } else {
              live.add(object);
            }
          }
          assertEquals(pages || rig.geometry.offSlab() ? 1 : 0, failed, "N = " + n);
          assertEquals(2 * failed, rig.one().failures, "it looks once more when it has emptied the arrays");
          assertEquals(live.size(), Set.copyOf(live).size());
          live.forEach(rig::free);
          rig.cache.verify();
          assertTrue(rig.cache.close(false, new Failures()).isEmpty());
          assertEquals(0, rig.source.heldBytes());
          assertEquals(0, rig.descriptors);
        }
      }
    }
  }

  @Test
  void slabsOfAnRcuCacheWaitForTheGracePeriod() throws InterruptedException {
    LinuxRig rig = rig(1000, CacheFlag.DESTROY_BY_RCU);
    List<Long> live = rig.alloc(20);
    live.forEach(rig::free);
    long held = rig.source.heldBytes();
    assertEquals(0, rig.cache.reap());
    assertEquals(held, rig.source.heldBytes());
    assertNotEquals(0, rig.tasks.timers());
    rig.tasks.runTimers();
    assertEquals(0, rig.source.heldBytes());
    rig.free(rig.alloc());
    Thread closer = Thread.ofPlatform().start(() -> rig.cache.close(false, new Failures()));
    while (rig.tasks.timers() == 0) {
      Thread.onSpinWait();
    }
    rig.tasks.runTimers();
    closer.join();
    assertEquals(0, rig.source.heldBytes());
    assertTrue(rig.cache.isClosed());
  }

  @Test
  void aSecondFreeIsFoundWhenItReachesTheSlab() {
    LinuxRig rig = rig(5000);
    rig.cache.retune(1, 1, 0);
    List<Long> live = rig.alloc(3);
    rig.free(live.get(0));
    rig.free(live.get(0)); // the array's goes to its slab now
    KmemException e = assertThrows(KmemException.Corruption.class, () -> rig.free(live.get(1)));
    assertTrue(e.getMessage().contains("double free") && e.getMessage().contains("cache = rig"), e.getMessage());
    rig.free(live.get(2));
    rigs.clear();
    rig.close();
  }

  @Test
  void anAlignedCacheIsAligned() {
    LinuxRig rig = new LinuxRig(1, 2, CacheSpec.of("rig", 100).align(512));
    rigs.add(rig);
    rig.alloc(50).forEach(object -> assertEquals(0, object % 512));
  }
}
