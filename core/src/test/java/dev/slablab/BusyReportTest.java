package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.percpu.BusyOwner;
import dev.slablab.spec.*;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.Variant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who is told of a busy lease may ask the cache about it, by other threads too: no lock of ours is held meanwhile. */
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BusyReportTest {
  private static final Logger LOGGER = Logger.getLogger("dev.slablab.percpu"); // kept: loggers are held weakly
  private static final long LONG_ENOUGH = 1_000_000_001;

  /** Asks, when the first report comes, and is done when the answer is there. */
  private static final class Asking extends Handler {
    final CompletableFuture<CacheStats> answer = new CompletableFuture<>();
    final Runnable question;
    volatile String report = "";

    Asking(Runnable question) {
      this.question = question;
    }

    @Override
    public void publish(LogRecord first) {
      report = first.getMessage();
      question.run();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private static void start(Runnable work) {
    Thread _ = Thread.ofPlatform().daemon().start(work);
  }

  static List<Variant> leased() {
    return Variant.all().stream().filter(variant -> variant.placement() == MagazinePlacement.BIASED
        && !variant.arena()).toList();
  }

  private interface Scene {
    void play(KmemCache cache, ManualClock clock, Asking asking, Runnable leave);
  }

  /** A cache with a magazine that is busy, and a log handler that another thread must get the cache's figures for. */
  private static void with(Variant variant, Scene scene) throws InterruptedException {
    ManualClock clock = new ManualClock();
    KmemCache[] cache = new KmemCache[1];
    Asking[] asking = new Asking[1];
    asking[0] = new Asking(() ->
        asking[0].answer.complete(CompletableFuture.supplyAsync(cache[0]::stats, BusyReportTest::start).join()));
    try (Kmem kmem = variant.builder().clock(clock).tunable(Tunable.GROW_IN_CALLER, 1).build()) {
      cache[0] = kmem.createCache(CacheSpec.of("busy", 700));
      try (BusyOwner owner = new BusyOwner(() -> cache[0].free(cache[0].alloc()))) {
        assumeTrue(cache[0].magazines.owners() == 1, "no leases here");
        Runnable leave = owner.enter(cache[0].magazines);
        LOGGER.addHandler(asking[0]);
        LOGGER.setUseParentHandlers(false);
        try {
          scene.play(cache[0], clock, asking[0], leave);
        } finally {
          leave.run();
          LOGGER.setUseParentHandlers(true);
          LOGGER.removeHandler(asking[0]);
        }
      }
      kmem.verify();
    }
    assertTrue(asking[0].report.contains("has been inside a section"), asking[0].report);
  }

  @ParameterizedTest
  @MethodSource("leased")
  void aReapIsNotWaitedForByItsOwnReport(Variant variant) throws InterruptedException {
    with(variant, (cache, clock, asking, _) -> {
      long _ = cache.reap();
      clock.advance(LONG_ENOUGH);
      long _ = cache.reap();
      CacheStats told = asking.answer.join();
      assertEquals(0, told.objects().inuse());
      assertTrue(told.objects().inMagazines() > 0, "what the busy one holds");
    });
  }

  /** It comes while the close waits, or nobody would know what for. */
  @ParameterizedTest
  @MethodSource("leased")
  void aCloseThatWaitsIsReportedMeanwhile(Variant variant) throws InterruptedException {
    with(variant, (cache, clock, asking, leave) -> {
      asking.answer.thenRun(leave);
      CompletableFuture<Void> closed = CompletableFuture.runAsync(cache::close, BusyReportTest::start);
      while (!asking.answer.isDone()) {
        clock.advance(LONG_ENOUGH);
        Thread.onSpinWait();
      }
      closed.join();
    });
  }
}
