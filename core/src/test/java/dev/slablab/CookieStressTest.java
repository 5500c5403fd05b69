package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.QuietPoint;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Cookies, hand-over and dying threads: general allocation, caches of every type, both together, and broken twins. */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CookieStressTest {
  private static final int THREADS = 8;
  private static final int STEPS = 2_000;
  /** About 30 s for all variants on two cores; under {@code -Pstress} more than an hour. */
  private static final int ROUNDS = 14;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private void run(String what, Kmem kmem, List<? extends Stock> stocks, int rounds) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    long operations = new CookieStress(stocks).run(ConcurrentKit.count(rounds, 40 * rounds), THREADS, STEPS, seed,
        () -> check(kmem, stocks));
    System.out.printf("cookies: %s: seed %d, %d operations%n", what, seed, operations);
    stocks.forEach(stock -> assertEquals(0, stock.live.sum(), stock.name()));
    for (Stock stock : stocks) {
      if (stock instanceof CacheStock cache) {
        cache.check();
        cache.close();
      }
    }
    kmem.verify();
    assertEquals(0, kmem.runs());
    assertEquals(0, kmem.caches().stream().mapToLong(cache -> cache.stats().objects().inuse()).sum());
    kmem.reap();
    assertEquals(0, kmem.heldBytes());
  }

  private static void check(Kmem kmem, List<? extends Stock> stocks) {
    kmem.verify();
    kmem.caches().forEach(cache -> QuietPoint.check(cache.stats()));
    for (Stock stock : stocks) {
      if (stock instanceof CacheStock cache) {
        cache.agree();
      }
    }
  }

  /** Sizes of every kind of slab, hooks in turn. */
  private static List<CacheStock> caches(Kmem kmem) {
    List<CacheStock> all = new ArrayList<>();
    for (long size : new long[] {16, 40, 104, 504, 1504, 4000, 20_000, 120_000}) {
      int turn = all.size() % 3;
      all.add(new CacheStock(kmem, CacheSpec.of("cookies-" + size, size),
          turn == 0 ? null : ConstructorPlacement.values()[turn - 1]));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void blocksOfGeneralAllocationKeepTheirCookies(GeneralVariants variant) throws InterruptedException {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2));
    run("general, " + variant, kmem, List.of(new GeneralStock(kmem, 1 << 20)), ROUNDS);
    assertTrue(kmem.caches().size() > 10);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void objectsOfEveryTypeKeepTheirCookies(Variant variant) throws InterruptedException {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2));
    run("caches, " + variant, kmem, caches(kmem), ROUNDS);
  }

  @Test
  void bothTogetherKeepTheirCookies() throws InterruptedException {
    Kmem kmem = kmems.openTimed(Kmem.builder());
    List<Stock> stocks = new ArrayList<>(caches(kmem));
    stocks.add(new GeneralStock(kmem, 1 << 20));
    run("both, as built", kmem, stocks, 6 * ROUNDS);
  }

  @Test
  void theTwinPassesWhileItIsSound() throws InterruptedException {
    try (TwinStock twin = new TwinStock(TwinStock.Fault.NONE)) {
      assertTrue(new CookieStress(List.of(twin)).run(3, THREADS, STEPS, 1, () -> { }) > STEPS);
      assertEquals(0, twin.live.sum());
    }
  }

  @Test
  void blocksThatOverlapOrAreHandedOutTwiceAreCaught() {
    for (TwinStock.Fault fault : List.of(TwinStock.Fault.OVERLAP, TwinStock.Fault.TWICE)) {
      try (TwinStock twin = new TwinStock(fault)) {
        AssertionError caught = assertThrows(AssertionError.class,
            () -> new CookieStress(List.of(twin)).run(20, THREADS, STEPS, 1, () -> { }), fault::toString);
        assertTrue(caught.getMessage().contains("was overwritten"), caught.getMessage());
      }
    }
  }

  /** Sound but for the copy: what the block had in it is missed at once, not when it is freed. */
  @Test
  void aReallocThatDoesNotCopyIsCaught() {
    Kmem kmem = Kmem.create();
    kmems.corrupted(kmem); // who failed freed nothing
    GeneralStock twin = new GeneralStock(kmem, 1 << 20) {
      @Override
      long realloc(long address, long size) {
        long moved = kmem.alloc(size);
        kmem.free(address);
        return moved;
      }
    };
    AssertionError caught = assertThrows(AssertionError.class,
        () -> new CookieStress(List.of(twin)).run(20, THREADS, STEPS, 1, () -> { }));
    assertTrue(caught.getMessage().contains("was overwritten"), caught.getMessage());
    List<StackTraceElement> stack = List.of(caught.getCause().getStackTrace());
    assertTrue(stack.stream().anyMatch(at -> at.getMethodName().equals("checkPrefix")), () -> "elsewhere: " + stack);
  }
}
