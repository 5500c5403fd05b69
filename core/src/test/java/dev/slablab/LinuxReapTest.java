package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.KmemScheduler;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The timed reap as the instance drives it: each task runs when the simulated clock reaches its time. A cache has its
 * passes every 2 s; only the first of one made while the instance had no other may be up to 5 s away.
 */
@Timeout(60)
class LinuxReapTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Time and the tasks that wait for theirs. */
  private static final class Timeline implements KmemScheduler {
    private record Due(long at, Runnable task) {}

    final ManualClock clock = new ManualClock();
    private final PriorityQueue<Due> due = new PriorityQueue<>(Comparator.comparingLong(Due::at));

    @Override
    public void submit(Runnable task) {
      submit(task, 0);
    }

    @Override
    public void submit(Runnable task, long delayNanos) {
      due.add(new Due(clock.nanoTime() + delayNanos, task));
    }

    /** Lets time go on to a moment, its tasks included. */
    void runTo(long moment) {
      for (Due next = due.peek(); next != null && next.at <= moment; next = due.peek()) {
        due.remove(next);
        clock.advance(next.at - clock.nanoTime());
        next.task.run();
      }
      clock.advance(moment - clock.nanoTime());
    }

    @Override
    public void close() {
      due.clear();
    }
  }

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();
  private final Timeline time = new Timeline();

  /** One CPU array and no shared one; SPL's ageing is off or on, which is not to matter. */
  private Kmem open(long expire) {
    return kmems.openTimed(Kmem.builder().clock(time.clock).scheduler(time).tunables(Tunables.defaults()
        .with(Tunable.NUMA_NODES, 1).with(Tunable.POSSIBLE_CPUS, 1).with(Tunable.SPL_KMEM_CACHE_EXPIRE, expire)
        .with(Tunable.MAGAZINE_PLACEMENT, MagazinePlacement.HASHED.ordinal())));
  }

  private static KmemCache cache(Kmem kmem, long size) {
    return kmem.createCache(CacheSpec.of("aged", size).flags(CacheFlag.SLAB));
  }

  private static List<Long> alloc(KmemCache cache, int n) {
    List<Long> objects = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      objects.add(cache.alloc());
    }
    return objects;
  }

  private static long held(KmemCache cache) {
    return cache.stats().objects().inMagazines();
  }

  /** When the passes of a cache are due that was made with the instance. */
  private static long pass(int number) {
    return 2L * number * SECOND;
  }

  /** Fills the CPU array and leaves it touched. */
  private static List<Long> fill(KmemCache cache) {
    int limit = cache.stats().magazineSize();
    List<Long> live = alloc(cache, 2 * limit + 1);
    live.addAll(alloc(cache, (int) held(cache)));
    for (int i = 0; i < limit; i++) {
      cache.free(live.removeLast());
    }
    assertEquals(limit, held(cache));
    return live;
  }

  @ParameterizedTest
  @CsvSource({"64, 6, 0", "512, 9, 0", "2048, 8, 0", "8192, 5, 0", "200000, 2, 0", "64, 6, 1", "8192, 5, 1"})
  void aFullTouchedArrayIsEmptyAfterSoManyPasses(int size, int passes, int expire) {
    KmemCache cache = cache(open(expire), size);
    List<Long> live = fill(cache);
    long full = held(cache);
    time.runTo(pass(1));
    assertEquals(full, held(cache), "the first pass only takes the mark away");
    long before = full;
    for (int n = 2; n <= passes; n++) {
      time.runTo(pass(n) - 1);
      assertEquals(before, held(cache), "nothing between passes, before pass " + n);
      time.runTo(pass(n));
      long fifth = (full + 4) / 5;
      assertEquals(before - (fifth <= before ? fifth : (before + 1) / 2), held(cache), "pass " + n);
      before = held(cache);
      assertEquals(n == passes, before == 0, "pass " + n + " left " + before);
    }
    live.forEach(cache::free);
  }

  @Test
  void aPopSparesTheArrayOncePerPass() {
    KmemCache cache = cache(open(0), 64);
    List<Long> live = fill(cache);
    for (int n = 1; n <= 10; n++) {
      cache.free(cache.alloc());
      time.runTo(pass(n));
      assertEquals(120, held(cache));
    }
    time.runTo(pass(11));
    assertEquals(96, held(cache));
    live.forEach(cache::free);
  }

  /** Every four seconds, and not the first time, a fifth of free_limit's worth of slabs goes. */
  @ParameterizedTest
  @ValueSource(ints = {64, 200, 1024, 3000})
  void freeSlabsLeaveEverySecondPass(int size) {
    Kmem kmem = open(0);
    KmemCache cache = cache(kmem, size);
    int limit = cache.stats().magazineSize();
    long objects = cache.stats().objectsPerSlab();
    long freeLimit = 2L * limit + objects; // one CPU, batch = limit
    kmem.retune("aged " + limit + " " + limit + " 0");
    alloc(cache, 10 * limit).forEach(cache::free);
    kmem.retune("aged " + limit + " " + limit + " 0"); // what the array holds goes to the slabs
    assertEquals(0, held(cache));
    long slabs = freeLimit / objects;
    assertEquals(slabs, cache.stats().slabs().total(), "as many as the limit allows");
    time.runTo(pass(2));
    assertEquals(slabs, cache.stats().slabs().total(), "they had been needed");
    long each = Math.ceilDiv(freeLimit, 5 * objects);
    for (int n = 3; slabs > 0; n++) {
      time.runTo(pass(n));
      slabs -= n % 2 == 0 ? Math.min(each, slabs) : 0;
      CacheStats stats = cache.stats();
      assertEquals(slabs, stats.slabs().total(), "pass " + n);
      assertEquals(0, stats.slabs().alloc());
      assertTrue(n <= 14, "six list passes at most: the first, and five fifths");
    }
    assertNotEquals(0, cache.stats().slabs().destroy());
  }

  @Test
  void aSharedArrayDecaysEverySecondPass() {
    Kmem kmem = open(0);
    KmemCache cache = cache(kmem, 64);
    List<Long> live = alloc(cache, 2000);
    kmem.retune("aged 120 60 8");
    for (int i = 0; i < 120 + 480; i++) {
      cache.free(live.removeLast());
    }
    assertEquals(120 + 480, held(cache));
    long array = 120;
    long shared = 480;
    for (int n = 1; n <= 14; n++) {
      time.runTo(pass(n));
      array -= n == 1 ? 0 : 24 <= array ? 24 : (array + 1) / 2; // which was popped from while it was filled
      shared -= n % 2 != 0 ? 0 : 96 <= shared ? 96 : (shared + 1) / 2;
      assertEquals(array + shared, held(cache), "pass " + n);
    }
    assertEquals(0, held(cache));
    live.forEach(cache::free);
  }

  @Test
  void theFirstPassOfTheFirstCacheIsFiveSecondsAwayAtMost() {
    Kmem kmem = open(0);
    time.runTo(SECOND); // the timer has found no cache
    KmemCache cache = cache(kmem, 64);
    List<Long> live = fill(cache);
    time.runTo(7 * SECOND - 1);
    assertEquals(120, held(cache));
    time.runTo(7 * SECOND);
    assertEquals(96, held(cache), "the second pass, 2 s behind the first");
    live.forEach(cache::free);
  }

  @Test
  void aCacheMadeLaterHasItsOwnPeriod() {
    Kmem kmem = open(0);
    KmemCache first = cache(kmem, 64);
    time.runTo(pass(1)); // from here on every 2 s
    time.runTo(pass(1) + SECOND);
    KmemCache second = kmem.createCache(CacheSpec.of("later", 64).flags(CacheFlag.SLAB));
    List<Long> live = fill(second);
    time.runTo(pass(2));
    time.runTo(pass(1) + 3 * SECOND - 1);
    assertEquals(120, held(second), "its first pass is not due");
    time.runTo(pass(1) + 5 * SECOND - 1);
    assertEquals(120, held(second), "which only takes the mark away");
    time.runTo(pass(1) + 5 * SECOND);
    assertEquals(96, held(second));
    live.forEach(second::free);
    first.close();
    time.runTo(pass(20));
    assertEquals(0, second.stats().slabs().total(), "all goes in the end");
  }

  /**
   * A7. Not within 2 × cache_delay, which is SPL's: {@code cache_reap} has a rhythm of its own, a pass every 2 s. Of
   * pages of slabs that went by the frees themselves the second pass sees that nobody needed them. The rest is what
   * free_limit lets stay: every second pass takes a fifth of that, and its pages go a pass later.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whatWasFreedGoesBackWithinFourteenPasses(int expire) {
    Kmem kmem = open(expire);
    KmemCache cache = cache(kmem, 256);
    long before = kmem.residentBytes();
    long[] objects = new long[131_072];
    assertEquals(objects.length, cache.alloc(objects, 0, objects.length, AllocMode.SLEEP));
    for (long object : objects) {
      Pattern.fill(object, 256, object);
    }
    assertTrue(kmem.residentBytes() - before >= 256L * objects.length, "all was touched");
    time.runTo(pass(1));
    cache.free(objects, 0, objects.length);
    assertTrue(held(cache) > 0 && cache.stats().slabs().total() > 0);
    long kept = kmem.heldBytes();
    time.runTo(pass(2) - 1);
    assertEquals(kept, kmem.heldBytes(), "nothing goes but in a pass");
    for (int n = 2; n < 2 + 14; n++) {
      time.runTo(pass(n));
      OpenKmems.check(kmem);
      assertTrue(n < 3 || kmem.residentBytes() - before < 64 << 10, "all but the limit's worth after two");
    }
    assertEquals(0, kmem.heldBytes());
    assertEquals(0, cache.stats().slabs().total());
    assertEquals(0, held(cache));
    assertEquals(before, kmem.residentBytes());
  }
}
