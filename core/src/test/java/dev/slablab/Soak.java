package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.Stock.Item;
import dev.slablab.testing.QuietPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * Hours of mixed load on one Kmem: caches of every type and general allocation, hand-over, dying threads, waves of live
 * bytes down to none, while a thread reaps, scans, retunes and churns caches, and the timer ages. At quiet points every
 * structure is walked, all but a few keepsakes goes back, and what stays resident is noted: it must be flat.
 *
 * <p>Only load counts as time: a process that was stopped meanwhile goes on where it was.
 */
public final class Soak {
  private static final long TICK_NANOS = 20_000_000;
  /** The most that one look at the clock may be away from the one before. */
  private static final long QUANTUM_NANOS = 1_000_000_000;
  /** How long a quiet point may take to come, in looks of a second. */
  private static final int PATIENCE = 300;
  private static final int STEPS = 200;
  /** Batches in a platform thread's life; a virtual one has one. */
  private static final int LIFE = 100;
  private static final int WAVES_PER_POINT = 3;

  private final SoakPlan plan;
  private final SoakWorld world = new SoakWorld();
  private final AtomicReferenceArray<Item> transfer = new AtomicReferenceArray<>(64);
  private final List<SoakLoad> loads = new ArrayList<>();
  private final SoakUpkeep upkeep;
  private final SoakKeepsakes keepsakes;
  private final SoakReport report = new SoakReport();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final AtomicLong lives = new AtomicLong();
  private final CountDownLatch ended;
  private final int actors;
  private volatile boolean over;
  /** Load time so far; the coordinator's. */
  private volatile long elapsed;

  private Soak(SoakPlan plan) {
    this.plan = plan;
    this.actors = plan.threads() + plan.virtual() + 1;
    this.ended = new CountDownLatch(actors);
    this.upkeep = new SoakUpkeep(world, plan.seed());
    this.keepsakes = new SoakKeepsakes(world, plan.seed());
    for (int i = 0; i < plan.threads() + plan.virtual(); i++) {
      loads.add(new SoakLoad(world, transfer, i, plan.seed(), plan.forget()));
    }
  }

  /** Runs a soak; throws what went wrong in it, but leaves it to the caller to look whether it was flat. */
  static SoakReport run(SoakPlan plan) {
    return new Soak(plan).run();
  }

  private SoakReport run() {
    AgeingErrors.clear();
    System.out.printf(Locale.ROOT, "soak: seed %d, %s%n", plan.seed(), plan);
    start(upkeepThread(), budget -> upkeep.act(), LIFE);
    for (int i = 0; i < loads.size(); i++) {
      SoakLoad load = loads.get(i);
      boolean platform = i < plan.threads();
      start(platform ? Thread.ofPlatform().daemon().name("soak-load-" + i).factory() : Thread.ofVirtual().factory(),
          budget -> load.batch(STEPS, budget), platform ? LIFE : 1);
    }
    String end = "";
    try {
      for (int point = 1; point <= plan.points(); point++) {
        pass((double) point / plan.points());
        quietly(this::point);
      }
      over = true;
      end = end();
      return report;
    } catch (Throwable e) {
      end = "failed: " + e;
      throw new AssertionError("soak, --seed " + plan.seed() + ": " + e.getMessage(), e);
    } finally {
      over = true;
      String text = text(end);
      System.out.println(text);
      if (plan.report() != null) {
        report.write(plan.report(), text);
      }
    }
  }

  private static ThreadFactory upkeepThread() {
    return Thread.ofPlatform().daemon().name("soak-upkeep").factory();
  }

  /** Starts a chain of threads, each of which does so many batches and begets the next. */
  private void start(ThreadFactory factory, LongConsumer batch, int life) {
    lives.incrementAndGet();
    factory.newThread(() -> {
      try {
        for (int i = 0; i < life && !over; i++) {
          long begin = System.nanoTime();
          world.inside(() -> batch.accept(target()));
          rest(System.nanoTime() - begin);
        }
      } catch (Throwable e) {
        failure.compareAndSet(null, e);
        over = true;
      }
      if (over) {
        ended.countDown();
      } else {
        start(factory, batch, life);
      }
    }).start();
  }

  /** Leaves the CPU to others for as long as makes this thread's share. */
  private void rest(long busyNanos) {
    double share = Math.min(1, plan.cores() / actors);
    long nanos = (long) (Math.min(busyNanos, TICK_NANOS) * (1 / share - 1));
    if (nanos > 0) {
      LockSupport.parkNanos(nanos);
    }
  }

  /** Bytes that each load may have in use now: a wave from none to its share of all, which it has at quiet points. */
  private long target() {
    double waves = progress() * plan.points() * WAVES_PER_POINT;
    double height = Math.max(0, 1.2 * Math.abs(Math.cos(Math.PI * waves)) - 0.2);
    return (long) (height * plan.liveBytes() / loads.size());
  }

  /** How much of the load is done. */
  private double progress() {
    return plan.operations() > 0 ? (double) operations() / plan.operations() : elapsed / 1e9 / plan.seconds();
  }

  /** Lets the load go on until so much of it is done. */
  private void pass(double part) throws Throwable {
    long last = System.nanoTime();
    while (progress() < part) {
      LockSupport.parkNanos(TICK_NANOS);
      long now = System.nanoTime();
      elapsed += Math.min(now - last, QUANTUM_NANOS);
      last = now;
      rethrow();
    }
  }

  /** Throws what a thread of the load, or a pass of ageing, failed with. */
  private void rethrow() throws Throwable {
    if (failure.get() != null) {
      throw failure.get();
    }
    AgeingErrors.rethrow();
  }

  private void quietly(Runnable work) throws InterruptedException {
    Lock lock = world.gate.writeLock();
    for (int i = 0; !lock.tryLock(1, TimeUnit.SECONDS); i++) {
      if (i == PATIENCE) {
        Thread.getAllStackTraces().forEach((thread, stack) -> System.out.println(thread + " " + List.of(stack)));
        throw new AssertionError("no quiet point within " + PATIENCE + " s: a thread hangs");
      }
    }
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }

  /** One quiet point: looks at all, frees and reaps, looks again. */
  private void point() {
    Kmem kmem = world.kmem;
    keepsakes.renew();
    check();
    long live = world.stocks.stream().distinct().mapToLong(stock -> stock.live.sum()).sum();
    long liveBytes = loads.stream().mapToLong(SoakLoad::bytes).sum();
    long inMagazines = kmem.caches().stream().mapToLong(cache -> cache.stats().objects().inMagazines()).sum();
    long held = kmem.heldBytes();
    long resident = kmem.residentBytes();
    giveAll();
    kmem.reap();
    check();
    report.add(new SoakReport.Point(elapsed / 1e9, operations(), upkeep.closes.sum(), live, liveBytes, inMagazines,
        held,
        resident, keepsakes.size(), kmem.heldBytes(), kmem.residentBytes(), heap(), Thread.getAllStackTraces().size(),
        forgotten()));
  }

  /** What the load holds goes back, and what lies between the threads. */
  private void giveAll() {
    loads.forEach(SoakLoad::giveAll);
    for (int i = 0; i < transfer.length(); i++) {
      Item item = transfer.getAndSet(i, null);
      if (item != null) {
        item.stock().give(item);
      }
    }
  }

  /** Every structure, every equation, and the books of the soak itself. */
  private void check() {
    while (world.kmem.caches().stream().anyMatch(cache -> !cache.stats().states().isEmpty())) {
      Thread.onSpinWait(); // a slab that was asked for without waiting is being built
    }
    world.kmem.verify();
    world.kmem.caches().forEach(cache -> QuietPoint.check(cache.stats()));
    world.caches.forEach(CacheStock::agree);
  }

  /** Nothing is in use any more: nothing may stay. */
  private String end() throws Throwable {
    ended.await();
    rethrow();
    giveAll();
    keepsakes.giveAll();
    Kmem kmem = world.kmem;
    check();
    kmem.reap();
    rethrow();
    String end = "at the end " + kmem.heldBytes() + " bytes held, " + kmem.residentBytes() + " resident";
    if (plan.forget() > 0) {
      long leaked = world.stocks.stream().distinct().mapToLong(stock -> stock.live.sum()).sum();
      assertEquals(forgotten(), leaked, "what was forgotten is in use");
      return end + ", " + leaked + " blocks forgotten on purpose";
    }
    assertEquals(0, kmem.heldBytes(), end);
    assertEquals(Math.min(0, kmem.residentBytes()), kmem.residentBytes(), end);
    assertEquals(0, kmem.runs(), end);
    kmem.close();
    world.caches.forEach(CacheStock::closed);
    rethrow();
    return end + ", closed without a leak";
  }

  private long operations() {
    return loads.stream().mapToLong(load -> load.operations.sum()).sum();
  }

  private long forgotten() {
    return loads.stream().mapToLong(load -> load.forgotten.sum()).sum();
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private String text(String end) {
    return String.format(Locale.ROOT, """
        soak: %s
        java %s, %s
        load %.1f s, %d operations of %d stocks, %d caches created and closed, %d closes refused
        threads started %d; upkeep %s; ageing passes %d
        %s
        %s
        """, plan, Runtime.version(), world.kmem.pageSource(), elapsed / 1e9, operations(),
        world.stocks.stream().distinct().count(), upkeep.closes.sum(), upkeep.refused.sum(), lives.get(), upkeep.done,
        world.ageings.sum(), end, report.points().isEmpty() ? "no quiet point" : String.join("\n", report.verdicts()));
  }

  /** {@code Soak --minutes 60 --report folder}: exits 1 when it was not flat or something was wrong. */
  public static void main(String[] args) {
    SoakPlan plan;
    try {
      plan = SoakPlan.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("soak: " + e.getMessage());
      System.exit(2);
      return;
    }
    System.exit(run(plan).isFlat() ? 0 : 1);
  }
}
