package dev.slablab.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.KmemException;
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
