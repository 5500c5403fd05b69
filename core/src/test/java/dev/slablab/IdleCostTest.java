package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an hour costs in which nothing can be reclaimed: passes, looks, callbacks and calls of the page source are
 * counted, by a clock and a timer that are the test's.
 */
class IdleCostTest {
  private static final long SECOND = 1_000_000_000;
  private static final long HOUR = 3600;

  private record Timer(Runnable task, long due) {}

  /** Runs delayed tasks when the clock has come to them. */
  private final class Timers implements KmemScheduler {
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::due));
    long ran;

    @Override
    public void submit(Runnable task) {
      throw new AssertionError("nobody grows");
    }

    @Override
    public void submit(Runnable task, long delayNanos) {
      timers.add(new Timer(task, clock.nanoTime() + delayNanos));
    }

    void pass(long seconds) {
      long end = clock.nanoTime() + seconds * SECOND;
      while (!timers.isEmpty() && timers.peek().due <= end) {
        Timer next = timers.remove();
        clock.advance(Math.max(0, next.due - clock.nanoTime()));
        next.task.run();
        ran++;
        assertTrue(ran < 1_000_000, "it never rests");
      }
      clock.advance(end - clock.nanoTime());
    }

    @Override
    public void close() {
      timers.clear();
    }
  }

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();
  private final ManualClock clock = new ManualClock();
  private final Timers timers = new Timers();
  private final AtomicLong looks = new AtomicLong();
  private final AtomicLong asked = new AtomicLong();

  private static long calls(Kmem kmem) {
    return kmem.source.allocations() + kmem.source.failures() + kmem.source.frees();
  }

  /** Ageing on; and, if so, the machine under pressure all the time. */
  private void anHour(Variant variant, boolean pressure, long mostPasses, long mostAsked) {
    Kmem kmem = kmems.openTimed(variant.builder().clock(clock).scheduler(timers).tunable(Tunable.GROW_IN_CALLER, 1)
        .tunable(Tunable.SPL_KMEM_CACHE_EXPIRE, 1).tunable(Tunable.SLAB_DECAY, 1000)
        .tunable(Tunable.MEMORY_PRESSURE, pressure ? 10 : 0).pressure(() -> {
          looks.incrementAndGet();
          return clock.nanoTime();
        }));
    KmemCache cache = kmem.createCache(CacheSpec.of("idle", 3000).reclaim(_ -> asked.incrementAndGet()));
    long[] objects = new long[500];
    assertEquals(500, cache.alloc(objects, 0, 500, AllocMode.SLEEP));
    timers.pass(600); // whatever there was to be taken is taken
    long before = calls(kmem);
    long passes = timers.ran;
    asked.set(0);
    looks.set(0);
    timers.pass(HOUR);
    assertEquals(before, calls(kmem), "the page source is left alone");
    assertTrue(timers.ran - passes <= mostPasses, "passes = " + (timers.ran - passes));
    assertTrue(timers.ran - passes >= HOUR / 10, "it does look: " + (timers.ran - passes));
    assertTrue(asked.get() <= mostAsked, "callbacks = " + asked);
    assertTrue(looks.get() <= mostAsked + 1, "looks = " + looks);
    assertTrue(!pressure || (looks.get() >= HOUR / 64 - 2 && asked.get() > 0), looks + " looks, asked " + asked);
    cache.free(objects, 0, 500);
    timers.pass(600);
    assertEquals(0, kmem.heldBytes(), "nor did it fall asleep");
  }

  /** SPL's pass every five seconds, Linux's every two. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void ageing(Variant variant) {
    anHour(variant, false, HOUR / 2 + HOUR / 5 + 2, 0);
  }

  /** A look a second at first, then one in 64 seconds, with a scan each. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void pressure(Variant variant) {
    anHour(variant, true, HOUR / 2 + HOUR / 5 + HOUR / 64 + 10, HOUR / 64 + 2);
  }
}
