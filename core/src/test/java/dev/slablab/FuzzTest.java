package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Area;
import dev.slablab.page.ForwardingPageSource;
import dev.slablab.page.Memory;
import dev.slablab.page.PageSource;
import dev.slablab.spec.AllocMode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random histories against a model, on one thread. A failure comes with its seed, the smallest history that fails in
 * the same way, in Java and as {@code mvn test -Dtest=FuzzTest -Dslablab.fuzz.replay=…} takes it. That bugs are found,
 * and made so small, is shown on allocators that are broken on purpose.
 */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FuzzTest {
  private static final int LENGTH = 1000;
  /** Of the controls: from other histories a greedy shrinker may end in another, longer one. */
  private static final long CONTROL_SEED = 20261122L;
  /** More histories than this no control may need. */
  private static final int CONTROL = 50;

  private FuzzWorld.Outcome outcome = new FuzzWorld.Outcome(0, 0, 0, 0, 0);
  private final UnaryOperator<PageSource> sound = UnaryOperator.identity();

  /** What a history fails with, or null. */
  private Throwable failure(FuzzCase history, Supplier<FuzzSubject> subject, UnaryOperator<PageSource> twin) {
    try {
      outcome = outcome.plus(FuzzWorld.play(history, subject.get(), twin, null));
      return null;
    } catch (Exception | AssertionError | StackOverflowError e) {
      return e;
    }
  }

  private FuzzCase shrink(FuzzCase failing, Throwable kind, Supplier<FuzzSubject> subject,
      UnaryOperator<PageSource> twin) {
    FuzzShrinker shrinker = new FuzzShrinker(candidate -> {
      Throwable other = failure(candidate, subject, twin);
      return other != null && other.getClass() == kind.getClass();
    });
    FuzzCase least = shrinker.shrink(failing);
    System.out.printf("fuzz: %d operations shrunk to %d in %d runs%n", failing.ops().size(), least.ops().size(),
        shrinker.runs());
    return least;
  }

  /** What a failing history does, one line each, and how it ends. */
  private static List<String> tell(FuzzCase history, FuzzSubject subject, UnaryOperator<PageSource> twin) {
    List<String> told = new ArrayList<>();
    try {
      FuzzWorld.play(history, subject, twin, told);
    } catch (Exception | AssertionError | StackOverflowError e) {
      told.add("// " + e);
    }
    return told;
  }

  @Test
  void randomHistoriesAgreeWithTheModel() {
    String replay = System.getProperty("slablab.fuzz.replay");
    if (replay != null) {
      FuzzCase history = FuzzCase.parse(replay);
      System.out.println(String.join("\n", tell(history, new FuzzSubject(), sound)));
      FuzzWorld.play(history, new FuzzSubject(), sound, null);
      return;
    }
    long seed = ConcurrentKit.seed();
    int histories = ConcurrentKit.count(300, 20_000);
    System.out.printf("fuzz: seed %d, %d histories, %d operations%n", seed, histories, (long) histories * LENGTH);
    for (int i = 0; i < histories; i++) {
      FuzzCase history = FuzzCase.random(seed + i, LENGTH);
      Throwable thrown = failure(history, FuzzSubject::new, sound);
      if (thrown != null) {
        FuzzCase least = shrink(history, thrown, FuzzSubject::new, sound);
        Throwable cause = failure(least, FuzzSubject::new, sound);
        throw new AssertionError("seed " + (seed + i) + ", replay with -Dslablab.fuzz.replay='" + least + "'\n"
            + String.join("\n", tell(least, new FuzzSubject(), sound)), cause == null ? thrown : cause);
      }
    }
    System.out.println("fuzz: all in all " + outcome);
    assertTrue(outcome.done() > (long) histories * LENGTH / 2 && outcome.noMemory() > histories
        && outcome.named() > histories && outcome.emergency() > histories, outcome::toString);
  }

  /** A broken allocator is found, and what is left of the history is no longer than it must be. */
  private void assertFound(String what, int most, Supplier<FuzzSubject> subject, UnaryOperator<PageSource> twin) {
    long seed = CONTROL_SEED;
    for (int i = 0; i < CONTROL; i++) {
      FuzzCase history = FuzzCase.random(seed + i, LENGTH);
      Throwable thrown = failure(history, subject, twin);
      if (thrown != null) {
        FuzzCase least = shrink(history, thrown, subject, twin);
        List<String> told = tell(least, subject.get(), twin);
        System.out.printf("fuzz, broken on purpose: %s: %s%n  %s%n", what, least, String.join("\n  ", told));
        assertTrue(least.ops().size() <= most, () -> what + " in " + least.ops().size() + " operations: " + least);
        FuzzCase replayed = FuzzCase.parse(least.toString());
        assertEquals(least, replayed);
        assertNotNull(failure(replayed, subject, twin), "the replay fails too");
        assertEquals(null, failure(replayed, FuzzSubject::new, sound), "and passes where nothing is broken");
        return;
      }
    }
    throw new AssertionError(what + " was not found, seed " + seed);
  }

  @Test
  void anObjectHandedOutTwiceAfterAReapIsFoundAndMadeSmall() {
    assertFound("handed out twice after a reap", 4, () -> new FuzzSubject() {
      private KmemCache reaped;
      private long last;

      @Override
      long alloc(KmemCache cache, AllocMode mode) {
        if (cache == reaped && last != 0) {
          reaped = null;
          return last;
        }
        last = super.alloc(cache, mode);
        return last;
      }

      @Override
      long reap(KmemCache cache) {
        reaped = cache;
        return super.reap(cache);
      }
    }, sound);
  }

  @Test
  void aFreeLostAfterRetuningIsFoundAndMadeSmall() {
    assertFound("a free lost after retuning", 4, () -> new FuzzSubject() {
      private boolean retuned;

      @Override
      void free(KmemCache cache, long object) {
        if (!retuned) {
          super.free(cache, object);
        }
        retuned = false;
      }

      @Override
      void retune(Kmem kmem, String line) {
        super.retune(kmem, line);
        retuned = true;
      }
    }, sound);
  }

  @Test
  void everyEighthObjectHandedOutTwiceIsFoundAndMadeSmall() {
    assertFound("every eighth handed out twice", 9, () -> new FuzzSubject() {
      private KmemCache cacheOfLast;
      private long last;
      private int n;

      @Override
      long alloc(KmemCache cache, AllocMode mode) {
        if (++n % 8 != 0 || cache != cacheOfLast || last == 0) {
          last = super.alloc(cache, mode);
          cacheOfLast = cache;
        }
        return last;
      }
    }, sound);
  }

  @Test
  void aDebugLevelThatMissesASecondFreeIsFoundAndMadeSmall() {
    assertFound("a second free not noticed", 4, () -> new FuzzSubject() {
      private long last;

      @Override
      void free(KmemCache cache, long object) {
        if (object != last) {
          super.free(cache, object);
        }
        last = object;
      }

      @Override
      long alloc(KmemCache cache, AllocMode mode) {
        last = 0;
        return super.alloc(cache, mode);
      }
    }, sound);
  }

  @Test
  void aGuardThatStaysOpenIsFoundAndMadeSmall() {
    assertFound("a guard left open", 4, () -> new FuzzSubject() {
      @Override
      void free(KmemCache cache, MemorySegment segment) {
        cache.free(segment.address());
      }
    }, sound);
  }

  @Test
  void pagesThatDoNotReadAsZeroAreFoundAndMadeSmall() {
    assertFound("dirty pages", 1, FuzzSubject::new, source -> new ForwardingPageSource(source) {
      @Override
      public long allocate(long bytes, Area area) {
        long address = source.allocate(bytes, area);
        if (address != NONE) {
          Memory.fill(address, bytes, (byte) 0x5A);
        }
        return address;
      }
    });
  }

  @Test
  void aHistoryPlaysTheSameEveryTime() {
    long seed = ConcurrentKit.seed();
    for (int i = 0; i < 10; i++) {
      FuzzCase history = FuzzCase.random(seed + i, LENGTH);
      List<String> told = tell(history, new FuzzSubject(), sound);
      assertTrue(told.size() > LENGTH / 2);
      assertEquals(told, tell(history, new FuzzSubject(), sound), () -> "seed " + seed);
    }
  }
}
