package dev.slablab;

import dev.slablab.page.FailingPageSource;
import dev.slablab.page.StallingPageSource;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemScheduler;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** An allocator whose time and growth the test decides. Magazines hold two objects, so that a refill takes one. */
final class GrowthRig implements AutoCloseable {
  static final long GROW_WAIT = 100_000_000;
  static final int OBJECTS = 8;
  static final long SIZE = 20_000;

  final ManualClock clock = new ManualClock();
  final ManualScheduler scheduler;
  final Kmem kmem;
  StallingPageSource stalling;
  /** So many of the next requests for pages are refused. */
  final AtomicLong refuse = new AtomicLong();
  private final List<CompletableFuture<Long>> running = new ArrayList<>();

  /** Growth runs when the test says so. */
  GrowthRig(Variant variant) {
    this(variant, new ManualScheduler(), 0);
  }

  private GrowthRig(Variant variant, ManualScheduler manual, long limit) {
    scheduler = manual;
    kmem = build(variant, manual, limit);
  }

  private GrowthRig(Variant variant, KmemScheduler threads, long limit) {
    scheduler = new ManualScheduler();
    kmem = build(variant, threads, limit);
  }

  /** As the tests of shortage need it: a limit on the bytes held. */
  static GrowthRig limited(Variant variant, long limit) {
    return new GrowthRig(variant, new ManualScheduler(), limit);
  }

  /** Growth runs on another scheduler, usually task threads. */
  static GrowthRig with(Variant variant, KmemScheduler scheduler) {
    return new GrowthRig(variant, scheduler, 0);
  }

  private Kmem build(Variant variant, KmemScheduler tasks, long limit) {
    return variant.builder().clock(clock).scheduler(tasks).tunable(Tunable.SPL_KMEM_CACHE_MAGAZINE_SIZE, 2)
        .tunable(Tunable.ALLOC_TIMEOUT, 3_600_000) // tests advance the clock faster than waiters look at it
        .tunable(Tunable.MEMORY_LIMIT, limit).decorate(source -> {
          stalling = new StallingPageSource(source);
          return new FailingPageSource(stalling, (bytes, area) -> refuse.getAndUpdate(n -> Math.max(0, n - 1)) > 0);
        }).build();
  }

  static CacheSpec spec() {
    return CacheSpec.of("growing", SIZE).objectsPerSlab(OBJECTS);
  }

  KmemCache cache() {
    return kmem.createCache(spec());
  }

  /** Allocates on a thread of its own. */
  CompletableFuture<Long> allocating(KmemCache cache, AllocMode mode) {
    CompletableFuture<Long> result = new CompletableFuture<>();
    running.add(result);
    Thread.ofPlatform().daemon().name("allocating").start(() -> {
      try {
        result.complete(cache.alloc(mode));
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  /** Allocates on so many threads, and returns when all of them wait. */
  List<CompletableFuture<Long>> waiters(KmemCache cache, int n) {
    List<CompletableFuture<Long>> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(allocating(cache, AllocMode.SLEEP));
    }
    clock.awaitWaiters(n);
    return all;
  }

  /** Frees what the futures give. */
  static void freeAll(KmemCache cache, List<CompletableFuture<Long>> objects) {
    objects.forEach(object -> cache.free(object.join()));
  }

  @Override
  public void close() {
    stalling.resume();
    if (running.stream().allMatch(CompletableFuture::isDone)) {
      scheduler.runAll();
      kmem.close();
    } // else a test failed: closing would wait for those it left behind and hide why
  }
}
