package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.spec.Failures;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Drains of the slot table and those who are in their way. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SlotDrainTest {
  private static final int CAPACITY = 4;
  private static final int SLOTS = 4;

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
  void aDeadThreadIsNotKeptReachableAfterADrain() throws InterruptedException {
    WeakReference<Thread> dead = claimAndDie();
    assertEquals(List.of(7L), drain(Drain.SKIP_BUSY));
    while (dead.get() != null) { // the time-out ends it
      System.gc();
      Thread.yield();
    }
    assertEquals(0, owners());
  }

  private WeakReference<Thread> claimAndDie() throws InterruptedException {
    Thread thread = new Thread(() -> assertTrue(table.findOrClaim(Thread.currentThread()).pushOwned(7)));
    thread.start();
    thread.join();
    return new WeakReference<>(thread);
  }

  @Test
  void waitWaitsForASection() throws InterruptedException {
    Lease lease = table.find(fill().get(0));
    lease.word |= Stack.BUSY;
    CountDownLatch drained = new CountDownLatch(1);
    Thread drain = Thread.ofPlatform().start(() -> {
      assertEquals(SLOTS, drain(Drain.WAIT).size());
      drained.countDown();
    });
    while (!lease.isRevoked()) {
      Thread.onSpinWait();
    }
    assertEquals(1, drained.getCount());
    Stack.WORD.setRelease(lease, lease.word & ~Stack.BUSY);
    drained.await();
    drain.join();
    assertEquals(0, owners());
  }

  @Test
  void interruptsNeitherEndThatWaitNorGetLost() throws InterruptedException {
    Lease lease = table.find(fill().get(0));
    lease.word |= Stack.BUSY;
    AtomicBoolean kept = new AtomicBoolean();
    Thread drain = Thread.ofPlatform().start(() -> {
      Thread.currentThread().interrupt();
      assertEquals(SLOTS, drain(Drain.WAIT).size());
      kept.set(Thread.currentThread().isInterrupted());
    });
    while (!lease.isRevoked()) {
      Thread.onSpinWait();
    }
    for (int i = 0; i < 100; i++) {
      drain.interrupt();
      Thread.yield();
    }
    assertTrue(drain.isAlive());
    Stack.WORD.setRelease(lease, lease.word & ~Stack.BUSY);
    drain.join();
    assertTrue(kept.get());
  }

  /** A revoked lease's owner may still mark it busy and not busy; a drain that looks twice takes that for a section. */
  @Test
  void waitLeavesNoLeaseInForce() throws InterruptedException {
    for (int round = 0; round < 3000; round++) {
      AtomicBoolean stop = new AtomicBoolean();
      CountDownLatch started = new CountDownLatch(1);
      Thread owner = Thread.ofPlatform().start(() -> {
        Lease lease = table.findOrClaim(Thread.currentThread());
        started.countDown();
        while (!stop.get()) {
          for (int i = 0; i < 1000; i++) {
            lease.popOwned();
          }
        }
      });
      started.await();
      drain(Drain.WAIT);
      long left = owners();
      stop.set(true);
      owner.join();
      assertEquals(0, left, "leases in force after round " + round);
    }
  }

  @Test
  void noWaitDoesNotWaitForTheLock() throws InterruptedException {
    fill();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Thread other = Thread.ofPlatform().start(() -> table.drain(new long[CAPACITY], (objects, n) -> {
      inside.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }, Drain.SKIP_BUSY));
    inside.await();
    assertEquals(List.of(), drain(Drain.NO_WAIT));
    assertEquals(1, skips.get());
    assertNull(table.findOrClaim(threads.next()), "nor does a claim");
    go.countDown();
    other.join();
  }

  @Test
  void whatASinkGotIsOutOfTheMagazineThoughItThrew() {
    fill();
    List<Long> got = new ArrayList<>();
    assertThrows(AssertionError.class, () -> table.drain(new long[CAPACITY], (objects, n) -> {
      got.add(objects[0]);
      throw new AssertionError("told to");
    }, Drain.SKIP_BUSY));
    got.addAll(drain(Drain.WAIT));
    assertEquals(List.of(1L, 2L, 3L, 4L), got.stream().sorted().toList());
  }

  /** A retune sets the new capacity and then drains; ageing may come between the two. */
  @Test
  void ageBeforeTheDrainOfARetuneLosesNothing() {
    Lease lease = table.find(fill().get(0));
    assertTrue(lease.pushOwned(5) && lease.pushOwned(6));
    List<Long> got = new ArrayList<>();
    Magazines.Sink sink = (objects, n) -> Arrays.stream(objects, 0, n).forEach(got::add);
    table.age(new long[CAPACITY], 1, _ -> 1, sink, new Failures()); // nothing was popped: one of each magazine
    table.reset(2 * CAPACITY, true);
    table.age(new long[2 * CAPACITY], 1, _ -> 1, sink, new Failures());
    got.addAll(drain(Drain.WAIT));
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L), got.stream().sorted().toList());
  }

  /** A retune to less room drains with a small buffer, and a sink may throw at any part. */
  @Test
  void allIsDrainedThoughTheSinkThrowsAndTheBufferIsSmall() {
    Lease lease = table.find(fill().get(0));
    assertTrue(lease.pushOwned(5) && lease.pushOwned(6));
    List<Long> got = new ArrayList<>();
    assertThrows(IllegalStateException.class, () -> table.drain(new long[1], (objects, n) -> {
      got.add(objects[0]);
      throw new IllegalStateException("told to");
    }, Drain.WAIT));
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L), got.stream().sorted().toList());
    assertEquals(0, table.sum(Lease::avail));
  }
}
