package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.*;
import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every public operation that may ask for pages, and the N-th request it makes fails: N = 1, 2, … until it runs through
 * without a failure. It ends with what it promised or with no-memory; all invariants hold, nothing has leaked, and what
 * was there before is as it was.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FailNthTest {
  /** How the N-th request fails: with none, that one or all from there on; or with an Error, as a Java heap would. */
  private enum How { ONCE, FROM_THERE, HEAP }

  /** What is tried. */
  private interface Operation {
    void run(Rig rig);
  }

  /** Destructors that allocate: else the positions of OFFSLAB's, nine a slab, would be thousands. */
  private static final int VISITS = ConcurrentKit.count(2, 40);
  private static final AtomicLong POSITIONS = new AtomicLong();
  private static final AtomicLong OPERATIONS = new AtomicLong();
  private static final Map<String, Operation> ALL = new LinkedHashMap<>();

  static {
    for (AllocMode mode : AllocMode.values()) {
      ALL.put("alloc " + mode, rig -> rig.take(rig.plain.alloc(mode), mode));
      ALL.put("bulk " + mode, rig -> rig.bulk(mode));
      ALL.put("large " + mode, rig -> rig.took(rig.kmem.alloc(300_000, mode), mode));
      ALL.put("hooked " + mode, rig -> {
        long object = rig.hooked.alloc(mode);
        rig.undo.add(() -> rig.hooked.free(object));
        rig.take(object, mode, false);
      });
    }
    ALL.put("allocZeroed", rig -> rig.take(rig.plain.allocZeroed(AllocMode.SLEEP), AllocMode.SLEEP));
    ALL.put("allocSegment", rig -> rig.take(rig.plain.allocSegment().address(), AllocMode.SLEEP));
    ALL.put("general small", rig -> rig.took(rig.kmem.alloc(100), AllocMode.SLEEP));
    ALL.put("general page", rig -> rig.took(rig.kmem.alloc(5000), AllocMode.SLEEP));
    ALL.put("general zeroed", rig -> rig.took(rig.kmem.allocZeroed(200_000), AllocMode.SLEEP));
    ALL.put("general aligned", rig -> rig.took(rig.kmem.allocAligned(100, 1 << 16), AllocMode.SLEEP));
    ALL.put("realloc to a class", rig -> rig.grow(100, 7000));
    ALL.put("realloc to a run", rig -> rig.grow(100, 100_000));
    ALL.put("realloc of a run", rig -> rig.grow(100_000, 700_000));
    ALL.put("allocator", rig -> rig.took(rig.kmem.allocator().allocate(9000, 64).address(), AllocMode.SLEEP));
    ALL.put("arena", rig -> {
      try (Arena arena = rig.kmem.arena()) {
        for (long size : new long[] {10, 5000, 200_000}) {
          assertEquals(size, arena.allocate(size).byteSize());
        }
      }
    });
    ALL.put("createCache and its first object", rig -> {
      KmemCache cache = rig.kmem.createCache(CacheSpec.of("created", 2000));
      try {
        cache.free(cache.alloc());
      } finally {
        cache.close();
      }
    });
    ALL.put("reap whose destructors allocate", rig -> rig.withAllocatingDestructor(rig.kmem::reap));
    ALL.put("a cache's reap whose destructors allocate", rig -> rig.withAllocatingDestructor(rig.nested::reap));
    ALL.put("close whose destructors allocate", rig -> rig.withAllocatingDestructor(rig.nested::close));
    ALL.put("reap whose callback allocates", rig -> rig.asked.reap());
    ALL.put("retune whose destructors allocate", rig -> {
      if (rig.nested.stats().type() == CacheType.SLAB) {
        rig.withAllocatingDestructor(() -> rig.kmem.retune("nested 1 1 0"));
      }
    });
  }

  /** An instance in a known state, with the N-th request from there on failing. */
  private static final class Rig {
    final GrowthSimulation time = new GrowthSimulation();
    final Kmem kmem;
    final KmemCache plain;
    final KmemCache hooked;
    final KmemCache nested;
    final KmemCache asked;
    final KmemCache other;
    final List<Runnable> undo = new ArrayList<>();
    final AtomicLong balance = new AtomicLong();
    private final KmemCache[] helper = new KmemCache[1];
    private boolean nesting;
    private int visits;
    private boolean armed;
    private long requests;

    Rig(Variant variant, long n, How how) {
      kmem = variant.builder().clock(time).scheduler(time.scheduler).tunable(Tunable.ALLOC_TIMEOUT, 20)
          .tunable(Tunable.GROW_IN_CALLER, 1).decorate(source -> new FailingPageSource(source, (_, _) -> {
            boolean fails = armed && (++requests == n || (how == How.FROM_THERE && requests > n));
            if (fails && how == How.HEAP) {
              throw new OutOfMemoryError("told to");
            }
            return fails;
          })).build();
      plain = kmem.createCache(CacheSpec.of("plain", 3000));
      other = kmem.createCache(CacheSpec.of("other", 600));
      helper[0] = other;
      hooked = kmem.createCache(CacheSpec.of("hooked", 1000).hooks((_, _, mode) -> {
        useOther(mode);
        balance.incrementAndGet();
      }, (_, _) -> balance.decrementAndGet(), null, ConstructorPlacement.PER_SLAB));
      nested = kmem.createCache(CacheSpec.of("nested", 2000).hooks(null, (_, _) -> {
        if (nesting && visits++ < VISITS) {
          useOther(AllocMode.NOSLEEP);
          useOther(AllocMode.SLEEP);
        }
      }, null, ConstructorPlacement.PER_SLAB));
      asked = kmem.createCache(CacheSpec.of("asked", 700).reclaim(_ -> useOther(AllocMode.SLEEP)));
      long[] objects = new long[40];
      assertEquals(40, nested.alloc(objects, 0, 40, AllocMode.SLEEP));
      nested.free(objects, 0, 40);
      armed = true;
    }

    private void useOther(AllocMode mode) {
      long object = helper[0].alloc(mode);
      if (object != 0) {
        helper[0].free(object);
        if (mode == AllocMode.SLEEP) {
          helper[0].reap(); // so that the next one needs pages again
        }
      }
    }

    void withAllocatingDestructor(Runnable body) {
      nesting = true;
      try {
        body.run();
      } finally {
        nesting = false;
      }
    }

    void take(long object, AllocMode mode) {
      undo.add(() -> plain.free(object));
      take(object, mode, true);
    }

    /** An object of a cache, whose way back is noted already. */
    void take(long object, AllocMode mode, boolean fill) {
      if (object == 0) {
        undo.removeLast();
        assertTrue(!mode.mayRetry(), "SLEEP never returns none");
      } else if (fill) {
        Pattern.fill(object, 3000, 1);
      }
    }

    void took(long block, AllocMode mode) {
      assertTrue(block != 0 || !mode.mayRetry(), "SLEEP never returns none");
      if (block != 0) {
        undo.add(() -> kmem.free(block));
      }
    }

    void bulk(AllocMode mode) {
      long[] objects = new long[50];
      int got = plain.alloc(objects, 0, objects.length, mode);
      undo.add(() -> plain.free(objects, 0, got));
      assertTrue(got == objects.length || !mode.mayRetry(), "got " + got);
    }

    /** Content is kept, whether the block moves or not. */
    void grow(long from, long to) {
      armed = false;
      long block = kmem.alloc(from);
      Pattern.fill(block, from, 5);
      long[] now = {block};
      undo.add(() -> kmem.free(now[0]));
      armed = true;
      try {
        now[0] = kmem.realloc(block, to);
      } finally {
        if (now[0] == block) {
          Pattern.check(block, from, 5);
        }
      }
    }

    /** Whether the N-th request was made; all goes back, and must be all. */
    boolean finish(long n) {
      armed = false;
      time.scheduler.runAll();
      OpenKmems.check(kmem);
      undo.reversed().forEach(Runnable::run);
      plain.free(plain.alloc());
      time.scheduler.runAll();
      OpenKmems.check(kmem);
      for (KmemCache cache : kmem.caches()) {
        assertTrue(cache.stats().states().isEmpty(), cache.stats()::toString);
      }
      kmem.close();
      assertEquals(0, kmem.heldBytes());
      assertEquals(0, balance.get(), "constructed - destroyed");
      return requests >= n;
    }
  }

  private static boolean failed(Variant variant, long n, How how, Operation operation) {
    Rig rig = new Rig(variant, n, how);
    try {
      operation.run(rig);
    } catch (KmemException.NoMemory e) {
      assertTrue(how == How.FROM_THERE || e.getMessage().contains("never holds more"), e.getMessage());
    } catch (OutOfMemoryError e) {
      assertEquals("told to", e.getMessage());
      assertEquals(How.HEAP, how);
    }
    return rig.finish(n);
  }

  /** Debugged caches ran their destructors at each free; only Linux's are retuned; a reap of all asks the callback. */
  private static boolean asksForNone(String operation, Variant variant) {
    return operation.endsWith("whose destructors allocate") && !operation.startsWith("reap")
        && (variant.debugged() || (operation.startsWith("retune") && !variant.linux()));
  }

  /** Once is tried everywhere, the other two in turn; all if asked to. */
  private static List<How> hows(Variant variant) {
    How other = How.values()[1 + Variant.withDebugged().indexOf(variant) % 2];
    return Variant.FULL ? List.of(How.values()) : List.of(How.ONCE, other);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void everyOperationAtEveryPosition(Variant variant) {
    for (Map.Entry<String, Operation> operation : ALL.entrySet()) {
      for (How how : hows(variant)) {
        long n = 1;
        try {
          while (failed(variant, n, how, operation.getValue())) {
            n++;
            assertTrue(n < 10_000, "does it ever end?");
          }
        } catch (RuntimeException | Error e) {
          throw new AssertionError(operation.getKey() + ", request " + n + ", " + how + ": " + e, e);
        }
        POSITIONS.addAndGet(n - 1);
        OPERATIONS.incrementAndGet();
        assertEquals(asksForNone(operation.getKey(), variant), n == 1, operation.getKey() + ", requests = " + (n - 1));
      }
    }
  }

  @AfterAll
  static void tell() {
    System.out.println("fail-nth: " + POSITIONS + " positions of " + ALL.size() + " operations, in " + OPERATIONS
        + " runs to the end");
  }
}
