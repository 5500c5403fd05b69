package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Failures;
import dev.slablab.spec.KmemException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What goes wrong half-way loses nothing: a refill that comes too late, a destructor nobody waits for, a bad address.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxFailuresTest {
  private static void close(LinuxRig rig) {
    Failures thrown = new Failures();
    assertTrue(rig.cache.close(false, thrown).isEmpty());
    thrown.rethrow();
    assertEquals(0, rig.source.heldBytes());
  }

  private static void until(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      Thread.onSpinWait();
    }
  }

  /** The array is empty when a refill begins, and full when it has its objects: the node's lock is held in between. */
  @Test
  void aRefillWhoseArrayAnotherThreadFillsMeanwhileGivesTheRestBack() throws InterruptedException {
    try (LinuxRig rig = new LinuxRig(64)) {
      int limit = rig.geometry.limit();
      List<Long> live = rig.alloc(2 * limit);
      rig.cache.reap();
      assertEquals(List.of(), rig.array());
      long[] got = new long[1];
      Thread late = Thread.ofPlatform().daemon().unstarted(() -> got[0] = rig.alloc());
      try (Guard _ = rig.one().guard.take()) {
        late.start();
        until(() -> late.getState() == Thread.State.WAITING);
        live.subList(0, limit).forEach(object -> assertTrue(rig.magazines.push(object)));
      }
      late.join();
      rig.cache.verify();
      assertEquals(live.subList(0, limit), rig.array(), "as the other left it");
      assertNotEquals(0, got[0]);
      assertTrue(!live.contains(got[0]));
      assertEquals(limit + 1 + limit, rig.one().active, "the rest of the batch is in its slabs");
      assertEquals(1, rig.cache.exchange.directAllocs.sum());
      rig.free(got[0]);
      live.subList(limit, 2 * limit).forEach(rig::free);
      close(rig);
    }
  }

  /** Half of the room: some of the batch is stored, the last goes to the caller, those between go back. */
  @Test
  void aRefillThatFindsLessRoomThanItHasObjectsStoresWhatFits() throws InterruptedException {
    try (LinuxRig rig = new LinuxRig(64)) {
      int limit = rig.geometry.limit();
      List<Long> live = rig.alloc(2 * limit);
      rig.cache.reap();
      long[] got = new long[1];
      Thread late = Thread.ofPlatform().daemon().unstarted(() -> got[0] = rig.alloc());
      try (Guard _ = rig.one().guard.take()) {
        late.start();
        until(() -> late.getState() == Thread.State.WAITING);
        live.subList(0, limit - 5).forEach(object -> assertTrue(rig.magazines.push(object)));
      }
      late.join();
      rig.cache.verify();
      assertEquals(live.subList(0, limit - 5), rig.array().subList(0, limit - 5));
      assertEquals(limit, rig.array().size(), "and five of the batch");
      Set<Long> all = new HashSet<>(rig.array());
      all.addAll(live);
      assertTrue(all.add(got[0]) && all.size() == 2 * limit + 5 + 1);
      rig.free(got[0]);
      live.subList(limit - 5, 2 * limit).forEach(rig::free);
      close(rig);
    }
  }

  @Test
  void whatADestructorThrowsAfterTheGracePeriodIsLoggedAndLosesNothing() {
    List<LogRecord> records = new ArrayList<>();
    Handler handler = new Handler() {
      @Override
      public void publish(LogRecord log) {
        records.add(log);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    Logger logger = Logger.getLogger("dev.slablab");
    IllegalStateException failure = new IllegalStateException("the third");
    int[] destructed = new int[1];
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
    try (LinuxRig rig = new LinuxRig(1, 2, CacheSpec.of("rig", 1000).flags(CacheFlag.DESTROY_BY_RCU)
        .hooks(null, (_, _) -> {
          if (++destructed[0] % 3 == 0) {
            throw failure;
          }
        }, null, ConstructorPlacement.PER_SLAB))) {
      rig.alloc(20).forEach(rig::free);
      int objects = (int) rig.cache.stats().objects().total();
      assertEquals(0, rig.cache.reap());
      assertEquals(1, rig.tasks.timers());
      rig.tasks.runTimers();
      assertEquals(objects, destructed[0], "every one");
      assertEquals(0, rig.source.heldBytes(), "all memory is back");
      assertEquals(1, records.size());
      assertSame(failure, records.getFirst().getThrown());
      assertTrue(records.getFirst().getMessage().contains("cache rig"), records.getFirst().getMessage());
      assertEquals(0, rig.cache.reap());
      close(rig); // nothing is counted as on its way any more
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
  }

  /** A double free lies in the array that retuning empties: all else is done nevertheless. */
  @Test
  void retuningGoesOnWhateverItFindsInAnArray() {
    try (LinuxRig rig = new LinuxRig(64)) {
      List<Long> live = rig.alloc(500);
      rig.cache.reap();
      live.subList(0, 200).forEach(rig::free); // the first of them are in the shared array now
      assertEquals(live.subList(0, 120), rig.shared());
      assertEquals(live.subList(120, 200), rig.array());
      rig.free(live.get(150)); // a second time
      KmemException e = assertThrows(KmemException.Corruption.class, () -> rig.cache.retune(10, 5, 1));
      assertTrue(e.getMessage().contains("double free"), e.getMessage());
      assertEquals(10, rig.magazines.capacity());
      assertEquals(5, rig.one().shared == null ? 0 : rig.one().shared.room());
      assertEquals(3 * 5 + rig.geometry.objects(), rig.one().freeLimit());
      assertTrue(rig.one().freeObjects <= rig.one().freeLimit());
      assertEquals(300, rig.one().active, "all of the array's and the shared array's are in their slabs");
      long fresh = rig.alloc();
      assertTrue(!live.subList(200, 500).contains(fresh));
      rig.free(fresh);
      rig.cache.retune(20, 5, 0);
      assertEquals(20, rig.magazines.capacity());
      assertThrows(KmemException.Corruption.class, rig.cache::verify, "one free too many was counted");
    }
  }
}
