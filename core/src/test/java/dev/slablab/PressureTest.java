package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.*;
import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A10, and what memory pressure costs while there is nothing to reclaim; clock, timer and pressure are the test's. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PressureTest {
  private static final long SECOND = 1_000_000_000;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();
  private final ManualClock clock = new ManualClock();
  private final ManualScheduler timer = new ManualScheduler();
  /** Nanoseconds stalled, and how often somebody asked. */
  private final AtomicLong stalled = new AtomicLong();
  private final AtomicInteger looks = new AtomicInteger();

  private Kmem open(Kmem.Builder builder, int percent) {
    return kmems.openTimed(builder.clock(clock).scheduler(timer).tunable(Tunable.GROW_IN_CALLER, 1)
        .tunable(Tunable.MEMORY_PRESSURE, percent).pressure(() -> {
          looks.incrementAndGet();
          return stalled.get();
        }));
  }

  /** One second, of which some task was stalled for so many per cent. */
  private void second(int percent) {
    clock.advance(SECOND);
    long _ = stalled.addAndGet(percent * SECOND / 100);
    timer.runTimers();
  }

  /** A10, by the machine's pressure: a quarter of the limit is kept, and given up as far as asked. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void pressureTakesWhatIsKept(Variant variant) {
    long limit = variant.type() == CacheType.OFFSLAB ? 128 << 20 : 32 << 20; // blocks of four times the size
    int size = 128 << 10;
    Kmem kmem = open(variant.builder().tunable(Tunable.MEMORY_LIMIT, limit), 10);
    Deque<Long> kept = new ArrayDeque<>();
    KmemCache[] cache = new KmemCache[1];
    cache[0] = kmem.createCache(CacheSpec.of("kept", size).reclaim(_ -> {
      for (int i = 0; i < 8 && !kept.isEmpty(); i++) {
        cache[0].free(kept.remove());
      }
    }));
    for (long bytes = 0; bytes < 8 << 20; bytes += size) {
      kept.add(cache[0].alloc());
      Pattern.fill(kept.getLast(), size, 1);
    }
    long before = cache[0].stats().slabs().total();
    long resident = kmem.residentBytes();
    second(100); // the first look has nothing to compare with
    second(9);
    assertEquals(before, cache[0].stats().slabs().total(), "9 % is no pressure");
    int seconds = 0;
    while (cache[0].stats().slabs().total() > before / 4) {
      assertTrue(seconds++ < 10, "ten seconds");
      second(10);
    }
    assertTrue(variant.arena() || kmem.residentBytes() <= resident / 3, kmem.residentBytes() + " of " + resident);
    kept.forEach(cache[0]::free);
  }

  /** A10, by the limit: somebody needs the memory, and gets it. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void theLimitTakesWhatIsKept(Variant variant) {
    int factor = variant.type() == CacheType.OFFSLAB ? 4 : 1; // blocks of so many times the size
    long limit = (long) factor << 26;
    int size = 128 << 10;
    Kmem kmem = open(variant.builder().tunable(Tunable.MEMORY_LIMIT, limit), 0);
    Deque<Long> kept = new ArrayDeque<>();
    KmemCache[] cache = new KmemCache[1];
    cache[0] = kmem.createCache(CacheSpec.of("kept", size).reclaim(_ -> {
      for (int i = 0; i < 32 && !kept.isEmpty(); i++) {
        cache[0].free(kept.remove());
      }
    }));
    for (long bytes = 0; bytes < limit / 4; bytes += factor * size) {
      kept.add(cache[0].alloc());
    }
    assertTrue(kmem.heldBytes() >= limit / 4, kmem.heldBytes() + " held");
    long before = cache[0].stats().slabs().total();
    KmemCache hungry = kmem.createCache(CacheSpec.of("hungry", 1 << 20).objectsPerSlab(1));
    List<Long> eaten = new ArrayList<>();
    while (cache[0].stats().slabs().total() > before / 4) {
      eaten.add(hungry.alloc());
      assertTrue(eaten.size() < limit >> 20);
    }
    assertEquals(0, clock.nanoTime(), "who needs it takes it, and waits for nothing");
    assertEquals(0, looks.get(), "nobody asked the machine");
    eaten.forEach(hungry::free);
    kept.forEach(cache[0]::free);
  }

  @Test
  void whileNothingComesFreeScansBecomeRareAndOneThatHelpsMakesThemFrequent() {
    AtomicInteger asked = new AtomicInteger();
    Kmem kmem = open(AgeingKit.plain().builder(), 1);
    List<Long> spare = new ArrayList<>();
    KmemCache[] cache = new KmemCache[1];
    cache[0] = kmem.createCache(CacheSpec.of("stubborn", 5000).objectsPerSlab(1).reclaim(_ -> {
      asked.incrementAndGet();
      spare.forEach(cache[0]::free);
      spare.clear();
    }));
    long object = cache[0].alloc();
    int hour = 3600;
    for (int i = 0; i < hour; i++) {
      second(100);
    }
    int idle = asked.get();
    assertTrue(idle >= 6 + hour / 64 - 2 && idle <= 6 + hour / 64 + 2, "scans in an hour = " + idle);
    assertTrue(looks.get() <= idle + 1, "nor is the machine asked more often: " + looks);
    spare.add(cache[0].alloc());
    for (int i = 0; i < 64; i++) {
      second(100);
    }
    assertEquals(0, spare.size());
    int again = asked.get() - idle;
    assertTrue(again >= 2, "after a scan that helped the next one comes soon: " + again);
    cache[0].free(object);
  }

  @Test
  void offItLooksAtNothingAndCanBeSwitchedOn() {
    Kmem kmem = open(AgeingKit.plain().builder(), 0);
    KmemCache cache = kmem.createCache(CacheSpec.of("idle", 5000));
    AgeingKit.fill(cache);
    for (int i = 0; i < 20; i++) {
      second(100);
    }
    assertEquals(0, looks.get());
    assertTrue(AgeingKit.held(cache) > 0);
    kmem.tune(Tunable.MEMORY_PRESSURE, 50);
    timer.runTimers();
    second(49);
    assertTrue(AgeingKit.held(cache) > 0);
    second(50);
    assertEquals(0, AgeingKit.held(cache));
    assertEquals(1, timer.timers(), "one timer for all");
  }

  @Test
  void noAllocationEverLooks() {
    Kmem kmem = open(AgeingKit.plain().builder(), 1);
    timer.runTimers();
    int before = looks.get();
    clock.advance(100 * SECOND);
    stalled.addAndGet(100 * SECOND);
    KmemCache cache = kmem.createCache(CacheSpec.of("busy", 5000));
    AgeingKit.fill(cache, 2000);
    assertEquals(before, looks.get());
  }

  @Test
  void whatACallbackThrowsEndsNeitherTheTimerNorTheLooks() {
    Kmem kmem = open(AgeingKit.plain().builder(), 1);
    AtomicInteger asked = new AtomicInteger();
    kmem.createCache(CacheSpec.of("bad", 100).reclaim(_ -> {
      asked.incrementAndGet();
      throw new IllegalStateException("told to; it is logged");
    }));
    for (int i = 0; i < 10; i++) {
      second(100);
    }
    assertTrue(asked.get() >= 2, "asked = " + asked);
    assertEquals(1, timer.timers());
  }

  /** However long threads are short of memory: they reap, wait twice as long each time, and reap again. */
  @Test
  void aShortageWithNothingToReclaimCostsABoundedNumberOfReaps() throws InterruptedException {
    AtomicInteger asked = new AtomicInteger();
    int threads = 16;
    try (Kmem kmem = AgeingKit.plain().builder().clock(clock).tunable(Tunable.GROW_IN_CALLER, 1)
        .tunable(Tunable.ALLOC_TIMEOUT, 2000).tunable(Tunable.MEMORY_LIMIT, 1 << 20).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("short", 900_000).objectsPerSlab(1).reclaim(_ ->
          asked.incrementAndGet()));
      long all = cache.alloc();
      List<Thread> waiting = new ArrayList<>();
      AtomicInteger failed = new AtomicInteger();
      for (int i = 0; i < threads; i++) {
        waiting.add(Thread.ofPlatform().start(() -> {
          try {
            cache.free(cache.alloc());
          } catch (KmemException.NoMemory e) {
            failed.incrementAndGet();
          }
        }));
      }
      ConcurrentKit.until(() -> {
        clock.advance(1_000_000);
        return failed.get() == threads;
      });
      // Each waiter reaps after 1, 2, 4 … 100 ms, one of them at a time.
      long bound = threads * (clock.nanoTime() / 100_000_000 + 10);
      assertTrue(asked.get() <= bound, "reaps = " + asked + " in " + clock.nanoTime() / 1_000_000 + " ms");
      cache.free(all);
      for (Thread thread : waiting) {
        thread.join();
      }
    }
  }

  @Test
  void theMachinesFileIsReadAsTheKernelWritesIt(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("memory");
    MemoryPressure psi = MemoryPressure.psi(file);
    assertEquals(-1, psi.stalledNanos(), "none");
    Files.writeString(file, """
        some avg10=1.23 avg60=0.45 avg300=0.06 total=1234567
        full avg10=0.00 avg60=0.00 avg300=0.00 total=7
        """);
    assertEquals(1_234_567_000L, psi.stalledNanos());
    for (String other : new String[] {"", "full avg10=0.00 total=7\n", "some total=many\n", "some\n"}) {
      Files.writeString(file, other);
      assertEquals(-1, psi.stalledNanos(), other);
    }
    long machine = MemoryPressure.system().stalledNanos();
    assertEquals(Files.isReadable(Path.of("/proc/pressure/memory")) ? machine : -1, machine);
    assertTrue(machine >= -1);
  }

  @Test
  void withoutTheFileNothingIsReaped() {
    stalled.set(-1);
    Kmem kmem = open(AgeingKit.plain().builder(), 1);
    KmemCache cache = kmem.createCache(CacheSpec.of("idle", 5000));
    AgeingKit.fill(cache);
    for (int i = 0; i < 30; i++) {
      clock.advance(SECOND);
      timer.runTimers();
    }
    assertTrue(AgeingKit.held(cache) > 0);
  }

  /** The check of the check: an instance that is not told reaps nothing. */
  @Test
  void withoutPressureNothingIsTaken() {
    Kmem kmem = open(AgeingKit.plain().builder(), 1);
    KmemCache cache = kmem.createCache(CacheSpec.of("idle", 5000));
    AgeingKit.fill(cache);
    for (int i = 0; i < 100; i++) {
      second(0);
    }
    assertTrue(AgeingKit.held(cache) > 0);
    assertTrue(looks.get() >= 90);
  }
}
