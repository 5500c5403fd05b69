package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.FailingPageSource;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** General allocation when callers or the page source do wrong. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneralFaultTest {
  private static final long LARGE = 1 << 20;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void badArgumentsAreUsageErrors(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    for (long size : new long[] {-1, -8, -4096, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 47) + 1}) {
      usage("size = " + size, () -> kmem.alloc(size));
      usage("size = " + size, () -> kmem.alloc(size, AllocMode.NOSLEEP));
      usage("size = " + size, () -> kmem.allocZeroed(size));
      usage("size = " + size, () -> kmem.allocAligned(size, 8));
      usage("size = " + size, () -> kmem.realloc(0, size));
    }
    for (long alignment : new long[] {0, -1, -8, 3, 24, Long.MIN_VALUE, 1L << 48}) {
      usage("alignment = " + alignment, () -> kmem.allocAligned(8, alignment));
    }
    usage("mode = null", () -> kmem.alloc(8, null));
    usage("mode = null", () -> kmem.alloc(LARGE, null));
    long block = kmem.alloc(100);
    usage("newSize = -1", () -> kmem.realloc(block, -1));
    kmem.free(block);
  }

  private static void usage(String what, Executable wrong) {
    String message = assertThrows(KmemException.Usage.class, wrong).getMessage();
    assertTrue(message.startsWith(what), message);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void wrongAddressesAreFoundAtOnce(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    long run = kmem.alloc(LARGE);
    long aligned = kmem.allocAligned(100, 1 << 16);
    long block = kmem.alloc(100);
    long gone = kmem.alloc(2 * LARGE);
    kmem.free(gone);
    for (long wild : new long[] {0, 1, 8, 4096, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 48, block ^ 1L << 47, gone}) {
      corruption(wild, "no object of this allocator", () -> kmem.free(wild));
      corruption(wild, "no object of this allocator", () -> kmem.usableSize(wild));
      if (wild != 0) {
        corruption(wild, "no object of this allocator", () -> kmem.realloc(wild, 10));
      }
    }
    for (long inside : new long[] {run + 8, run + 4096, run + LARGE - 1, aligned + 8}) {
      corruption(inside, "not the start", () -> kmem.free(inside));
      corruption(inside, "not the start", () -> kmem.usableSize(inside));
      corruption(inside, "not the start", () -> kmem.realloc(inside, 10));
    }
    corruption(block + 8, "not the start of an object", () -> kmem.usableSize(block + 8));
    corruption(block + 8, "not the start of an object", () -> kmem.realloc(block + 8, 1000));
    kmem.verify();
    kmem.free(run);
    kmem.free(aligned);
    kmem.free(block);
    corruption(run, "no object of this allocator", () -> kmem.free(run));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void wrongFreesInsideASlabAreFoundWhenTheyReachIt(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    kmems.corrupted(kmem);
    long block = kmem.alloc(100);
    kmem.free(block);
    corruption(block, "double free", () -> {
      kmem.free(block);
      kmem.reap();
    });
    long other = kmem.alloc(100);
    corruption(other + 8, "not the start of an object", () -> {
      kmem.free(other + 8);
      kmem.reap();
    });
    kmem.free(other);
  }

  private static void corruption(long address, String what, Executable wrong) {
    String message = assertThrows(KmemException.Corruption.class, wrong).getMessage();
    assertTrue(message.contains("address = 0x" + Long.toHexString(address)) && message.contains(what), message);
  }

  /** Every request to the page source fails once, on every path; nothing is lost, and the next try succeeds. */
  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aFailingPageSource(GeneralVariants variant) {
    AtomicBoolean refuse = new AtomicBoolean();
    AtomicInteger refused = new AtomicInteger();
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.ALLOC_TIMEOUT, 0)
        .decorate(source -> new FailingPageSource(source,
            (bytes, area) -> refuse.get() && refused.incrementAndGet() > 0)));
    for (long size : new long[] {0, 10, 1000, 5000, 65_536, 65_537, LARGE}) {
      refuse.set(true);
      long held = kmem.heldBytes();
      assertEquals(0, kmem.alloc(size, AllocMode.NOSLEEP));
      none(size, () -> kmem.alloc(size));
      none(size, () -> kmem.alloc(size, AllocMode.PUSHPAGE));
      none(size, () -> kmem.allocZeroed(size));
      none(size, () -> kmem.allocAligned(size, 1));
      none(size, () -> kmem.allocAligned(size, 1 << 16));
      none(size, () -> kmem.realloc(0, size));
      assertThrows(KmemException.NoMemory.class, () -> kmem.allocator().allocate(size));
      try (var arena = kmem.arena()) {
        assertThrows(KmemException.NoMemory.class, () -> arena.allocate(size));
      }
      assertEquals(held, kmem.heldBytes());
      assertEquals(0, kmem.runs());
      kmem.verify();
      refuse.set(false);
      long block = kmem.alloc(size);
      Pattern.fill(block, size, 1);
      refuse.set(true);
      assertThrows(KmemException.NoMemory.class, () -> kmem.realloc(block, size + 200_000));
      Pattern.check(block, size, 1);
      refuse.set(false);
      long moved = kmem.realloc(block, size + 200_000);
      Pattern.check(moved, 0, 1);
      kmem.free(moved);
      kmem.reap();
    }
    assertTrue(refused.get() > 50, refused + " refusals");
    assertEquals(0, kmem.heldBytes());
  }

  private static void none(long size, Executable alloc) {
    String message = assertThrows(KmemException.NoMemory.class, alloc).getMessage();
    assertTrue(message.contains("alloc_timeout = 0 ms") && message.contains("size = "), message);
    assertTrue(size < 65_537 || message.contains("page run, size = " + size), message);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void theLimitIsNamed(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.MEMORY_LIMIT, 4 << 20));
    assertEquals(0, kmem.alloc(84L << 20, AllocMode.NOSLEEP));
    String message = assertThrows(KmemException.NoMemory.class, () -> kmem.alloc(84L << 20)).getMessage();
    assertTrue(message.contains("page run, size = " + (84L << 20)) && message.contains("memory_limit = 4194304"),
        message);
    long block = kmem.alloc(3 << 20);
    assertNotEquals(0, block);
    kmem.free(block);
  }

  /** What empty slabs and magazines hold is memory for a run: SLEEP reaps, NOSLEEP does not. */
  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aShortageReapsTheCaches(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.MEMORY_LIMIT, 2 << 20).tunable(Tunable.SLAB_DECAY, 1000));
    long[] blocks = new long[100];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = kmem.alloc(10_000);
    }
    for (long block : blocks) {
      kmem.free(block);
    }
    assertTrue(kmem.heldBytes() > 500_000, kmem.heldBytes() + " bytes held by empty slabs");
    assertEquals(0, kmem.alloc(2 << 20, AllocMode.NOSLEEP));
    long run = kmem.alloc(2 << 20);
    assertEquals(2 << 20, kmem.heldBytes());
    kmem.free(run);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aSleeperIsWokenByAFree(GeneralVariants variant) throws Exception {
    ManualClock clock = new ManualClock();
    Kmem kmem = kmems.openTimed(variant.builder().clock(clock).tunable(Tunable.MEMORY_LIMIT, 2 << 20));
    long run = kmem.alloc(2 << 20);
    CompletableFuture<Long> sleeper = CompletableFuture.supplyAsync(() -> kmem.alloc(LARGE));
    clock.awaitWaiters(1);
    assertFalse(sleeper.isDone());
    kmem.free(run); // the clock stands still: only the free can wake it
    kmem.free(sleeper.get(30, TimeUnit.SECONDS));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aSleeperGivesUpAfterTheTimeout(GeneralVariants variant) throws Exception {
    ManualClock clock = new ManualClock();
    Kmem kmem = kmems.openTimed(variant.builder().clock(clock).tunable(Tunable.MEMORY_LIMIT, 2 << 20));
    long run = kmem.alloc(2 << 20);
    CompletableFuture<KmemException> sleeper = CompletableFuture.supplyAsync(
        () -> assertThrows(KmemException.NoMemory.class, () -> kmem.alloc(LARGE)));
    clock.awaitWaiters(1);
    for (int i = 0; i < 100 && !sleeper.isDone(); i++) {
      clock.advance(TimeUnit.SECONDS.toNanos(11));
      sleeper.copy().completeOnTimeout(null, 50, TimeUnit.MILLISECONDS).get();
    }
    assertTrue(sleeper.get(30, TimeUnit.SECONDS).getMessage().contains("alloc_timeout = 10000 ms"));
    kmem.free(run);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void leakedBlocksAreReported(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    kmems.forget(kmem);
    long _ = kmem.alloc(100);
    long _ = kmem.alloc(LARGE);
    long _ = kmem.alloc(2 * LARGE);
    long freed = kmem.alloc(LARGE);
    kmem.free(freed);
    String message = assertThrows(KmemException.Leak.class, kmem::close).getMessage();
    assertTrue(message.contains("cache = kmalloc-") && message.contains(": 1 objects in use")
        && message.contains("2 page runs of " + 3 * LARGE + " bytes in use"), message);
    assertEquals(0, kmem.heldBytes());
    for (Executable late : new Executable[] {() -> kmem.alloc(1), () -> kmem.alloc(LARGE), () -> kmem.free(freed),
      () -> kmem.usableSize(freed), () -> kmem.realloc(freed, 1), () -> kmem.allocator().allocate(1),
      () -> kmem.allocZeroed(LARGE), () -> kmem.allocAligned(1, 1 << 16)}) {
      assertTrue(assertThrows(KmemException.Usage.class, late).getMessage().contains("kmem = closed"));
    }
  }

  /** Closing while others allocate: each request ends in a block or a usage error, and every page goes back. */
  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void closeRacesWithAllocation(GeneralVariants variant) throws Exception {
    FaultSource source = new FaultSource();
    Kmem kmem = variant.builder().pageSource(source).build();
    AtomicInteger done = new AtomicInteger();
    CompletableFuture<?>[] threads = new CompletableFuture<?>[2];
    for (int t = 0; t < threads.length; t++) {
      threads[t] = CompletableFuture.runAsync(() -> {
        for (;;) {
          try {
            long run = kmem.alloc(70_000);
            done.incrementAndGet();
            kmem.free(run);
          } catch (KmemException.Usage closed) {
            return;
          }
        }
      });
    }
    while (done.get() < 100) {
      Thread.onSpinWait();
    }
    try {
      kmem.close();
    } catch (KmemException.Leak leak) {
      assertTrue(leak.getMessage().contains("page runs"), leak.getMessage());
    }
    CompletableFuture.allOf(threads).get(30, TimeUnit.SECONDS);
    assertEquals(0, source.outstanding());
    assertEquals(java.util.List.of(), source.wrong());
  }
}
