package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.slablab.page.FailingPageSource;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.HookVariant;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import dev.slablab.testing.RecordingHooks;
import dev.slablab.testing.Seeds;
import dev.slablab.testing.Variant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Several objects at once: the same promises as one by one. */
class BulkTest {
  private static final int SIZE = 120;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private final RecordingHooks hooks = new RecordingHooks();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#contract")
  void bulksOfAnySizeKeepEveryPromise(HookVariant how) {
    Seeds.run(random -> {
      Kmem kmem = kmems.open(how.variant().builder());
      KmemCache cache = kmem.createCache(hooks.on(CacheSpec.of("bulk", SIZE), how.placement()));
      for (int round = 0; round < 40; round++) {
        long[] objects = new long[1 + random.nextInt(700)];
        int from = random.nextInt(objects.length);
        int n = random.nextInt(objects.length - from + 1);
        assertEquals(n, cache.alloc(objects, from, n, AllocMode.SLEEP));
        Set<Long> distinct = new HashSet<>();
        for (int i = 0; i < objects.length; i++) {
          if (i < from || i >= from + n) {
            assertEquals(0, objects[i], "outside of what was asked for");
          } else {
            distinct.add(objects[i]);
            Pattern.fill(objects[i], SIZE, i);
          }
        }
        assertEquals(n, distinct.size());
        assertEquals(n, cache.stats().objects().inuse());
        cache.verify();
        for (int i = from; i < from + n; i++) {
          Pattern.check(objects[i], SIZE, i);
        }
        int cut = random.nextInt(n + 1);
        cache.free(objects, from, cut);
        for (int i = from + cut; i < from + n; i++) { // both kinds of free go together
          cache.free(objects[i]);
        }
        cache.verify();
      }
      cache.reap();
      hooks.check(0);
    });
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void nosleepGivesWhatThereIs(Variant variant) {
    AtomicInteger left = new AtomicInteger(5);
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks)
        .decorate(source -> new FailingPageSource(source, (bytes, area) -> left.getAndDecrement() <= 0)));
    KmemCache cache = kmem.createCache(CacheSpec.of("bulk", SIZE));
    long[] objects = new long[1000];
    int got = variant.linux() ? 5 * cache.stats().objectsPerSlab() : 5;
    assertEquals(got, cache.alloc(objects, 0, 1000, AllocMode.NOSLEEP),
        "emergency objects or Linux's slabs, till the pages end");
    cache.free(objects, 0, got);
    tasks.runAll();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void aConstructorThatThrowsGivesBackTheOthers(Variant variant) {
    IllegalStateException failure = new IllegalStateException("the seventh");
    AtomicInteger calls = new AtomicInteger();
    KmemCache cache = kmems.open(variant.builder()).createCache(CacheSpec.of("bulk", SIZE).hooks((o, p, m) -> {
      if (calls.incrementAndGet() == 7) {
        throw failure;
      }
    }, null, null, ConstructorPlacement.PER_ALLOCATION));
    assertSame(failure,
        assertThrows(IllegalStateException.class, () -> cache.alloc(new long[20], 0, 20, AllocMode.SLEEP)));
    assertEquals(0, cache.stats().objects().inuse());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#contract")
  void whateverADestructorThrowsTheOthersAreFreed(HookVariant how) {
    for (Throwable failure : new Throwable[] {new IllegalStateException("exception"), new AssertionError("error")}) {
      Kmem kmem = kmems.open(how.variant().builder().tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 2));
      AtomicInteger calls = new AtomicInteger();
      KmemCache cache = kmem.createCache(CacheSpec.of("bulk", SIZE).hooks(null, (o, p) -> {
        if (calls.incrementAndGet() == 3) {
          if (failure instanceof Error error) {
            throw error;
          }
          throw (RuntimeException) failure;
        }
      }, null, how.placement()));
      long[] objects = new long[40];
      assertEquals(40, cache.alloc(objects, 0, 40, AllocMode.SLEEP));
      assertSame(failure, assertThrows(failure.getClass(), () -> {
        cache.free(objects, 0, 40);
        cache.reap(); // the magazine may be large enough for all slabs to stay
      }));
      assertEquals(0, cache.stats().objects().inuse());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void rangesOutsideTheArrayAreRefused(Variant variant) {
    KmemCache cache = kmems.open(variant.builder()).createCache(CacheSpec.of("bulk", SIZE));
    long[] objects = new long[10];
    for (int[] range : new int[][] {{-1, 1}, {0, 11}, {10, 1}, {5, 6}, {0, -1}, {Integer.MAX_VALUE, 2}}) {
      assertThrows(IndexOutOfBoundsException.class, () -> cache.alloc(objects, range[0], range[1], AllocMode.SLEEP));
      assertThrows(IndexOutOfBoundsException.class, () -> cache.free(objects, range[0], range[1]));
    }
    assertEquals(0, cache.alloc(objects, 10, 0, AllocMode.SLEEP));
    assertEquals(0, cache.stats().slabs().total());
  }
}
