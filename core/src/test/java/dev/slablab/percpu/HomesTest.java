package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.*;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.*;

/** What the short cut knows follows the slot tables; where it does not, it gives nothing, or a lease that is dead. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HomesTest {
  private static final int CAPACITY = 4;
  private static final int SLOTS = 4;
  private static final int ROWS = 64;
  private static final long TICK = 100_000_000;

  private final LiveThreads threads = new LiveThreads();
  private final AtomicLong clock = new AtomicLong();
  private final Homes homes = new Homes(2);
  private final SlotTable table = table(0);
  private final SlotTable other = table(1);

  private SlotTable table(int number) {
    return new SlotTable(1, CAPACITY, clock::get, new AtomicLong(), homes, number);
  }

  @BeforeEach
  void needsTheBarrier() {
    assumeTrue(Membarrier.isSupported(), "no membarrier here: no leases");
  }

  @AfterEach
  void end() {
    threads.close();
  }

  private Lease home(int cache, Thread thread) {
    return homes.find(cache, thread.threadId());
  }

  private static List<Long> drain(SlotTable table, Drain mode) {
    List<Long> drained = new ArrayList<>();
    table.drain(new long[CAPACITY],
        (objects, n) -> Arrays.stream(objects, 0, n).forEach(drained::add), mode);
    return drained;
  }

  @Test
  void aClaimedLeaseIsFoundByItsThreadAndCacheAlone() {
    Thread thread = threads.next();
    assertNull(home(0, thread));
    Lease lease = table.findOrClaim(thread);
    assertSame(lease, home(0, thread));
    assertNull(home(1, thread));
    assertNull(homes.find(0, thread.threadId() + ROWS));
    assertSame(other.findOrClaim(thread), home(1, thread));
    assertSame(lease, home(0, thread), "the row is kept");
  }

  @Test
  void aThreadAwayFromItsHomeSlotIsFoundToo() {
    Thread one = threads.next();
    Thread two = threads.next(one, SLOTS);
    assumeTrue(one.threadId() % ROWS != two.threadId() % ROWS);
    assertSame(table.findOrClaim(one), home(0, one));
    assertSame(table.findOrClaim(two), home(0, two));
  }

  @Test
  void aDrainReplacesTheLease() {
    Thread thread = threads.next();
    Lease before = table.findOrClaim(thread);
    assertTrue(before.pushOwned(7));
    assertEquals(List.of(7L), drain(table, Drain.SKIP_BUSY));
    assertSame(table.find(thread), home(0, thread));
    assertNotSame(before, home(0, thread));
    assertFalse(before.pushOwned(8), "who still has the old one learns that it is dead");
    assertEquals(List.of(), drain(table, Drain.WAIT));
    assertNull(home(0, thread), "nobody's");
  }

  @Test
  void whoLosesASlotLosesTheShortCut() {
    List<Thread> owners = new ArrayList<>();
    for (int i = 0; i < SLOTS; i++) {
      owners.add(threads.next());
      assertTrue(table.findOrClaim(owners.get(i)).pushOwned(i + 1));
    }
    Thread stranger = threads.next();
    clock.addAndGet(TICK);
    assertNull(table.findOrClaim(stranger), "all were active");
    clock.addAndGet(TICK);
    Lease stolen = table.findOrClaim(stranger);
    assertSame(stolen, home(0, stranger));
    long left = owners.stream().filter(owner -> home(0, owner) != null).count();
    assertEquals(SLOTS - 1, left);
    assertTrue(owners.stream().allMatch(owner -> home(0, owner) == table.find(owner)));
  }

  @Test
  void ofTwoThreadsOfOneRowTheLastThatClaimedHasIt() {
    Thread one = threads.next();
    Thread two = threads.next(one, ROWS);
    Lease first = table.findOrClaim(one);
    Lease second = table.findOrClaim(two);
    assertNull(home(0, one));
    assertSame(second, home(0, two));
    assertSame(first, table.find(one), "by its slot it is found as ever");
    assertEquals(0, drain(table, Drain.SKIP_BUSY).size());
    assertSame(table.find(two), home(0, two));
    assertNull(home(0, one), "a renewal does not take the row back");
  }

  @Test
  void theThreadItselfPopsAndPushes() {
    Thread me = Thread.currentThread();
    assertEquals(0, homes.pop(0));
    assertFalse(homes.push(0, 5));
    assertTrue(table.findOrClaim(me).pushOwned(5));
    assertEquals(5, homes.pop(0));
    assertEquals(0, homes.pop(0), "empty");
    for (int i = 1; i <= CAPACITY; i++) {
      assertTrue(homes.push(0, i));
    }
    assertFalse(homes.push(0, 9), "full");
    assertEquals(CAPACITY, drain(table, Drain.WAIT).size());
  }
}
