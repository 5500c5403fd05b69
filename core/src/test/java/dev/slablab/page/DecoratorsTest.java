package dev.slablab.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.ManualClock;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The decorators: what they add, and that they pass on everything else. */
@Timeout(20)
class DecoratorsTest {
  private static final int PAGE = 4096;

  private final ArenaPageSource arenas = new ArenaPageSource();

  @AfterEach
  void close() {
    arenas.close();
  }

  @Test
  void countingCountsWholePages() {
    AtomicBoolean refuse = new AtomicBoolean();
    CountingPageSource source = new CountingPageSource(new FailingPageSource(arenas, (b, a) -> refuse.get()));
    long a = source.allocate(1, Area.OBJECTS);
    long b = source.allocate(PAGE + 1, Area.EMERGENCY);
    refuse.set(true);
    assertEquals(PageSource.NONE, source.allocate(1, Area.OBJECTS));
    assertEquals(List.of(2L, 1L, 0L, 3L * PAGE),
        List.of(source.allocations(), source.failures(), source.frees(), source.heldBytes()));
    source.free(a, 1, Area.OBJECTS);
    assertThrows(KmemException.Usage.class, () -> source.free(a, 1, Area.OBJECTS));
    assertEquals(2L * PAGE, source.heldBytes(), "a free that failed does not count");
    source.free(b, PAGE + 1, Area.EMERGENCY);
    assertEquals(List.of(2L, 1L, 2L, 0L),
        List.of(source.allocations(), source.failures(), source.frees(), source.heldBytes()));
  }

  @Test
  void limitingHoldsToTheByte() {
    LimitingPageSource source = new LimitingPageSource(arenas, 3 * PAGE + 100);
    assertEquals(3 * PAGE + 100, source.capacity());
    long a = source.allocate(2 * PAGE, Area.OBJECTS);
    assertEquals(PageSource.NONE, source.allocate(PAGE + 1, Area.OBJECTS), "two pages, one is left");
    long b = source.allocate(1, Area.EMERGENCY);
    assertNotEquals(PageSource.NONE, b);
    assertEquals(3 * PAGE, source.heldBytes());
    assertEquals(PageSource.NONE, source.allocate(1, Area.OBJECTS));
    source.free(a, 2 * PAGE, Area.OBJECTS);
    assertEquals(PAGE, source.heldBytes());
    assertNotEquals(PageSource.NONE, source.allocate(2 * PAGE, Area.OBJECTS));
    source.free(b, 1, Area.EMERGENCY);
    assertTrue(source.describe().endsWith(", memory_limit = 12388"), source.describe());
  }

  @Test
  void limitingRefusesWhatOverflows() {
    LimitingPageSource source = new LimitingPageSource(new Generous(), 1 << 20);
    for (long bytes : new long[] {(1 << 20) + 1, Long.MAX_VALUE - PAGE, Long.MAX_VALUE}) {
      assertEquals(PageSource.NONE, source.allocate(bytes, Area.OBJECTS), bytes + " bytes");
    }
    assertEquals(0, source.heldBytes());
  }

  @Test
  void limitingGivesBackWhatTheSourceRefused() {
    LimitingPageSource source = new LimitingPageSource(new FailingPageSource(arenas, (b, a) -> b == PAGE), 2 * PAGE);
    for (int i = 0; i < 5; i++) {
      assertEquals(PageSource.NONE, source.allocate(PAGE, Area.OBJECTS));
    }
    assertEquals(0, source.heldBytes());
    assertNotEquals(PageSource.NONE, source.allocate(2 * PAGE, Area.OBJECTS));
  }

  @Test
  void limitingHoldsAmongThreads() throws InterruptedException {
    LimitingPageSource source = new LimitingPageSource(new Generous(), 7 * 4 * PAGE);
    AtomicLong most = new AtomicLong();
    Thread[] threads = new Thread[4];
    for (int t = 0; t < threads.length; t++) {
      threads[t] = Thread.ofPlatform().start(() -> {
        for (int i = 0; i < 20_000; i++) {
          long run = source.allocate(12 * PAGE, Area.OBJECTS);
          most.accumulateAndGet(source.heldBytes(), Math::max);
          if (run != PageSource.NONE) {
            source.free(run, 12 * PAGE, Area.OBJECTS);
          }
        }
      });
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, source.heldBytes());
    assertTrue(most.get() <= 24 * PAGE, "held " + most.get());
  }

  @Test
  void failingAsksForEveryRequest() {
    AtomicLong n = new AtomicLong();
    FailingPageSource source = new FailingPageSource(arenas,
        (bytes, area) -> area == Area.OBJECTS && n.incrementAndGet() % 3 == 0);
    for (int i = 1; i <= 9; i++) {
      assertEquals(i % 3 == 0, source.allocate(PAGE, Area.OBJECTS) == PageSource.NONE);
      assertNotEquals(PageSource.NONE, source.allocate(PAGE, Area.EMERGENCY));
    }
  }

  @Test
  void stallingKeepsSlabPagesWaiting() throws InterruptedException {
    StallingPageSource source = new StallingPageSource(arenas);
    assertNotEquals(PageSource.NONE, source.allocate(PAGE, Area.OBJECTS), "open at first");
    source.stall();
    AtomicLong got = new AtomicLong();
    Thread waiter = Thread.ofPlatform().start(() -> got.set(source.allocate(PAGE, Area.OBJECTS)));
    source.awaitStalled();
    assertNotEquals(PageSource.NONE, source.allocate(PAGE, Area.EMERGENCY), "emergency requests pass");
    assertTrue(waiter.isAlive());
    assertEquals(0, got.get());
    source.resume();
    waiter.join();
    assertNotEquals(PageSource.NONE, got.get());
    assertNotEquals(PageSource.NONE, source.allocate(PAGE, Area.OBJECTS));
  }

  /** Through what stands around every source, and under a limit that holds for both ways to ask. */
  @Test
  void whoMustNotWaitIsToldByTheSourceItself() throws InterruptedException {
    StallingPageSource stalling = new StallingPageSource(arenas);
    CountingPageSource source = new CountingPageSource(new FailingPageSource(
        new LimitingPageSource(stalling, 2 * PAGE), (bytes, area) -> bytes == 7));
    stalling.stall();
    assertEquals(PageSource.NONE, source.tryAllocate(PAGE, Area.OBJECTS));
    assertEquals(PageSource.NONE, source.allocate(PAGE, Area.OBJECTS, AllocMode.NOSLEEP));
    assertEquals(2, stalling.refused());
    assertNotEquals(PageSource.NONE, source.tryAllocate(PAGE, Area.EMERGENCY));
    stalling.stallAll();
    assertEquals(PageSource.NONE, source.tryAllocate(PAGE, Area.EMERGENCY));
    Thread waiter = Thread.ofPlatform().start(() -> source.allocate(PAGE, Area.EMERGENCY, AllocMode.NORETRY));
    stalling.awaitStalled();
    assertEquals(List.of(1L, 3L, 1L * PAGE), List.of(source.allocations(), source.failures(), source.heldBytes()));
    stalling.resume();
    waiter.join();
    assertEquals(2L * PAGE, source.heldBytes());
    assertEquals(PageSource.NONE, source.tryAllocate(PAGE, Area.OBJECTS), "the limit");
    assertEquals(PageSource.NONE, source.tryAllocate(7, Area.OBJECTS));
    assertNotEquals(PageSource.NONE, new ArenaPageSource().tryAllocate(1, Area.OBJECTS), "who never waits");
  }

  @Test
  void slowTakesItsTimeByTheClock() throws InterruptedException {
    ManualClock clock = new ManualClock();
    StallingPageSource source = new StallingPageSource(arenas);
    source.slow(clock, 100, false);
    assertNotEquals(PageSource.NONE, source.allocate(PAGE, Area.EMERGENCY));
    AtomicLong got = new AtomicLong();
    Thread waiter = Thread.ofPlatform().start(() -> got.set(source.allocate(PAGE, Area.OBJECTS)));
    clock.awaitWaiters(1);
    clock.advance(99);
    assertEquals(PageSource.NONE, source.tryAllocate(PAGE, Area.OBJECTS));
    assertEquals(0, got.get());
    clock.advance(1);
    waiter.join();
    assertNotEquals(PageSource.NONE, got.get());
    source.slow(clock, 0, false);
    assertNotEquals(PageSource.NONE, source.tryAllocate(PAGE, Area.OBJECTS));
  }

  @Test
  void failslabRefusesByItsFourNumbersAndItsFilter() {
    FailslabPageSource source = new FailslabPageSource(arenas, 1);
    assertEquals(0, refusals(source, 100), "nothing until told to");
    source.set(100, 1, -1, 0, _ -> true);
    assertEquals(100, refusals(source, 100));
    source.set(100, 3, -1, 0, _ -> true);
    assertEquals(33, refusals(source, 100));
    source.set(100, 1, 5, 0, _ -> true);
    assertEquals(5, refusals(source, 100));
    source.set(100, 1, -1, 10 * PAGE, _ -> true);
    assertEquals(91, refusals(source, 100), "nine fit into the space");
    source.set(100, 1, -1, 0, bytes -> bytes != PAGE);
    assertEquals(0, refusals(source, 100), "another cache's");
    source.off();
    assertEquals(0, refusals(source, 100));
    FailslabPageSource one = new FailslabPageSource(arenas, 1);
    FailslabPageSource two = new FailslabPageSource(arenas, 1);
    one.set(20, 1, -1, 0, _ -> true);
    two.set(20, 1, -1, 0, _ -> true);
    int some = refusals(one, 1000);
    assertTrue(some > 140 && some < 260, some + " of 1000");
    assertEquals(some, refusals(two, 1000), "the same seed, the same history");
  }

  private static int refusals(FailslabPageSource source, int requests) {
    int refused = 0;
    for (int i = 0; i < requests; i++) {
      long run = i % 2 == 0 ? source.allocate(PAGE, Area.OBJECTS) : source.tryAllocate(PAGE, Area.OBJECTS);
      if (run == PageSource.NONE) {
        refused++;
      } else {
        source.free(run, PAGE, Area.OBJECTS);
      }
    }
    return refused;
  }

  @Test
  void theRestIsPassedOn() {
    AtomicBoolean closed = new AtomicBoolean();
    for (PageSource source : List.of(new CountingPageSource(new Generous(closed)),
        new LimitingPageSource(new Generous(closed), Long.MAX_VALUE),
        new FailingPageSource(new Generous(closed), (b, a) -> false), new StallingPageSource(new Generous(closed)))) {
      assertEquals(16_384, source.pageSize());
      assertEquals(1L << 50, source.capacity());
      assertEquals(5, source.base(Area.OBJECTS));
      assertEquals(6, source.span(Area.EMERGENCY));
      assertEquals(7, source.residentBytes());
      assertEquals(11, source.segment(8, 11).byteSize());
      assertTrue(source.describe().startsWith("generous"));
      closed.set(false);
      source.close();
      assertTrue(closed.get());
    }
    assertFalse(arenas.describe().isEmpty());
  }

  /** Gives numbers, not memory, and never refuses. */
  private record Generous(AtomicBoolean closed) implements PageSource {
    Generous() {
      this(new AtomicBoolean());
    }

    @Override
    public int pageSize() {
      return 4 * PAGE;
    }

    @Override
    public long allocate(long bytes, Area area) {
      return 1L << 40;
    }

    @Override
    public void free(long address, long bytes, Area area) {}

    @Override
    public long capacity() {
      return 1L << 50;
    }

    @Override
    public long base(Area area) {
      return 5;
    }

    @Override
    public long span(Area area) {
      return 6;
    }

    @Override
    public long residentBytes() {
      return 7;
    }

    @Override
    public MemorySegment segment(long address, long bytes) {
      return Memory.segment(address, bytes);
    }

    @Override
    public void close() {
      closed.set(true);
    }

    @Override
    public String describe() {
      return "generous";
    }
  }
}
