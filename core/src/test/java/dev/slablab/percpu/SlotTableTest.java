package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SlotTableTest {
  private static final int CAPACITY = 4;
  private static final int SLOTS = 4;
  private static final long TICK = 100_000_000;

  private final LiveThreads threads = new LiveThreads();
  private final AtomicLong clock = new AtomicLong();
  private final AtomicLong skips = new AtomicLong();
  private final SlotTable table = new SlotTable(1, CAPACITY, clock::get, skips, null, -1);

  @BeforeEach
  void needsTheBarrier() {
    assumeTrue(Membarrier.isSupported(), "no membarrier here: no leases");
  }

  @AfterEach
  void end() {
    threads.close();
  }

  private List<Long> drain(Drain mode) {
    List<Long> drained = new ArrayList<>();
    table.drain(new long[CAPACITY], (objects, n) -> {
      for (int i = 0; i < n; i++) {
        drained.add(objects[i]);
      }
    }, mode);
    return drained;
  }

  private long owners() {
    return table.sum(lease -> lease.living() == null || lease.isRevoked() ? 0 : 1);
  }

  private List<Thread> fill() {
    List<Thread> owners = new ArrayList<>();
    for (int i = 0; i < SLOTS; i++) {
      owners.add(threads.next());
      assertTrue(table.findOrClaim(owners.get(i)).pushOwned(i + 1));
    }
    return owners;
  }

  @Test
  void aVacantSlotIsClaimed() {
    Thread thread = threads.next();
    assertNull(table.find(thread));
    Lease lease = table.findOrClaim(thread);
    assertTrue(lease.isOf(thread));
    assertEquals(CAPACITY, lease.capacity);
    assertSame(lease, table.find(thread));
    assertSame(lease, table.findOrClaim(thread));
    assertEquals(1, owners());
  }

  @Test
  void threadsWithOneHomeBothOwnASlot() {
    Thread one = threads.next();
    Thread two = threads.next(one, SLOTS);
    Lease first = table.findOrClaim(one);
    Lease second = table.findOrClaim(two);
    assertNotSame(first, second);
    assertSame(first, table.find(one));
    assertSame(second, table.find(two));
  }

  @Test
  void surplusThreadsAndVirtualThreadsGetNone() {
    fill();
    assertNull(table.findOrClaim(threads.next()));
    assertEquals(SLOTS, owners());
    drain(Drain.WAIT);
    assertNull(table.findOrClaim(Thread.ofVirtual().unstarted(() -> { })));
    assertEquals(0, owners());
  }

  @Test
  void aDeadOwnersSlotIsAdoptedWithItsObjects() {
    List<Thread> owners = fill();
    Lease old = table.find(owners.get(2));
    LiveThreads.end(owners.get(2));
    Thread heir = threads.next();
    Lease lease = table.findOrClaim(heir);
    assertNotSame(old, lease);
    assertEquals(3, lease.popOwned());
    assertEquals(SLOTS, owners());
  }

  @Test
  void aThreadThatDiedInItsSectionIsNotWaitedFor() {
    List<Thread> owners = fill();
    table.find(owners.get(0)).word |= Stack.BUSY;
    LiveThreads.end(owners.get(0));
    assertEquals(SLOTS, drain(Drain.WAIT).size());
  }

  @Test
  void anIdleOwnerLosesItsSlotAfterATickAndAnActiveOneDoesNot() {
    List<Thread> owners = fill();
    Thread stranger = threads.next();
    clock.addAndGet(TICK);
    assertNull(table.findOrClaim(stranger), "all were active since the beginning");
    for (int i = 0; i < SLOTS; i++) {
      Lease lease = table.find(owners.get(i));
      if (i != 2) {
        assertEquals(i + 1, lease.popOwned());
        assertTrue(lease.pushOwned(i + 1));
      }
    }
    assertNull(table.findOrClaim(stranger), "no tick yet");
    Lease idle = table.find(owners.get(2));
    clock.addAndGet(TICK);
    Lease stolen = table.findOrClaim(stranger);
    assertEquals(3, stolen.popOwned());
    assertFalse(idle.pushOwned(9), "the old lease is dead");
    assertNull(table.find(owners.get(2)));
    for (int i : new int[] {0, 1, 3}) {
      assertNotNull(table.find(owners.get(i)));
    }
  }

  @Test
  void anOwnerInItsSectionKeepsItsSlot() {
    List<Thread> owners = fill();
    clock.addAndGet(TICK);
    assertNull(table.findOrClaim(threads.next()));
    List<Lease> leases = owners.stream().map(table::find).toList();
    leases.forEach(lease -> lease.word |= Stack.BUSY);
    clock.addAndGet(TICK);
    assertNull(table.findOrClaim(threads.next()));
    assertEquals(List.of(), drain(Drain.NO_WAIT));
    assertEquals(List.of(), drain(Drain.SKIP_BUSY));
    assertEquals(2 * SLOTS, skips.get());
    assertEquals(leases, owners.stream().map(table::find).toList(), "the revocation was taken back");
  }

  /** A StackOverflowError between entering and leaving leaves the mark; whatever the owner does next takes it away. */
  @Test
  void anErrorInASectionDoesNotMarkTheLeaseForEver() {
    List<Thread> owners = fill();
    List<Lease> leases = owners.stream().map(table::find).toList();
    leases.forEach(lease -> lease.word |= Stack.BUSY);
    assertEquals(0, leases.get(0).popOwned(), "looks revoked");
    assertEquals(1, leases.get(0).popOwned());
    assertFalse(leases.get(1).pushOwned(9));
    assertTrue(leases.get(1).pushOwned(9));
    assertEquals(1, leases.get(2).bulkOwned(Stack.Bulk.POP, new long[1], 0, 1));
    leases.get(3).revoke();
    assertNull(table.find(owners.get(3)));
    leases.forEach(lease -> assertFalse(lease.isBusy()));
    assertEquals(List.of(2L, 4L, 9L), drain(Drain.WAIT).stream().sorted().toList());
  }

  @Test
  void aLeaseBusyForMoreThanASecondIsReportedOnce() throws InterruptedException {
    List<Thread> owners = fill();
    List<Lease> leases = owners.stream().map(table::find).toList();
    leases.get(1).word |= Stack.BUSY;
    leases.get(2).word |= Stack.BUSY;
    BlockingQueue<String> reports = new LinkedBlockingQueue<>(); // each report has a thread of its own
    Handler handler = new Handler() {
      @Override
      public void publish(LogRecord report) {
        reports.add(report.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    Logger logger = Logger.getLogger("dev.slablab.percpu");
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      drain(Drain.SKIP_BUSY);
      clock.addAndGet(1_000_000_000);
      drain(Drain.SKIP_BUSY);
      assertTrue(reports.isEmpty(), "a second at most");
      leases.get(2).word += Stack.POP; // has been out of its section meanwhile
      clock.addAndGet(1);
      drain(Drain.NO_WAIT);
      clock.addAndGet(1_000_000_000);
      drain(Drain.SKIP_BUSY);
      String report = reports.take();
      assertTrue(report.contains(owners.get(1) + " has been inside a section for 1000 ms"), report);
      clock.addAndGet(1);
      drain(Drain.SKIP_BUSY);
      String other = reports.take();
      assertTrue(other.contains(owners.get(2) + " has been inside a section for 1000 ms"), "once each: " + other);
      clock.addAndGet(2_000_000_000);
      drain(Drain.SKIP_BUSY);
    } finally {
      logger.setUseParentHandlers(true);
      logger.removeHandler(handler);
    }
    assertTrue(reports.isEmpty(), reports::toString);
    assertTrue(leases.get(1).isBusy(), "not forced");
    leases.get(1).quit();
    leases.get(2).quit();
  }
}
