package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheState;
import dev.slablab.spec.CacheStats;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/** What the concurrent tests share: variants, seeds, threads that start together, checks at a quiet point. */
final class ConcurrentKit {
  /** Whether to go on for long: {@code -Pstress}. */
  static final boolean STRESS = Boolean.getBoolean("slablab.test.stress");
  /** Owner slots ≤ 4 × CPUs and shared magazines ≤ CPUs, per cache, whatever the placement (design.md §4). */
  static final int MAGAZINES_PER_CPU = 5;

  private ConcurrentKit() {}

  /** Work of one of several threads. */
  interface Body {
    void run(int index) throws Throwable;
  }

  /** Every pair of (type, layout, placement, page source) in CI; every combination if asked to. */
  static List<Variant> variants() {
    List<Variant> pairwise = Variant.spl();
    if (Variant.FULL) {
      return Variant.withDebugged();
    }
    pairwise.add(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.BIASED, false, 1));
    pairwise.add(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.CPU_INDEXED, true, 1));
    pairwise.add(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.HASHED, false, 2));
    pairwise.add(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.BIASED, false, CacheType.SLAB, 2, true));
    return pairwise;
  }

  /** Those of SPL. */
  static List<Variant> splVariants() {
    return variants().stream().filter(variant -> !variant.linux()).toList();
  }

  static int count(int ci, int stress) {
    return STRESS ? stress : ci;
  }

  /** The seed of this run; {@code -Dslablab.test.seed=N} replays one. */
  static long seed() {
    return Long.getLong("slablab.test.seed", System.nanoTime());
  }

  static SplittableRandom random(long seed, int index) {
    return new SplittableRandom(seed * 1_000_003 + index);
  }

  /** Runs threads that start together; throws what they threw, naming the seed. */
  static void together(int threads, long seed, Body body) throws InterruptedException {
    Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
    CountDownLatch ready = new CountDownLatch(threads);
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int index = i;
      all.add(start("together-" + i, thrown, () -> {
        ready.countDown();
        ready.await();
        body.run(index);
      }));
    }
    for (Thread thread : all) {
      thread.join();
    }
    rethrow(thrown, seed);
  }

  /** A step that may throw anything. */
  interface Step {
    void run() throws Throwable;
  }

  /** Starts a daemon, so that a hang ends with its test's timeout. */
  static Thread start(String name, Queue<Throwable> thrown, Step step) {
    return Thread.ofPlatform().daemon().name(name).start(() -> {
      try {
        step.run();
      } catch (Throwable e) {
        thrown.add(e);
      }
    });
  }

  static void rethrow(Queue<Throwable> thrown, long seed) {
    if (!thrown.isEmpty()) {
      AssertionError error = new AssertionError(thrown.size() + " threads failed; replay with -Dslablab.test.seed="
          + seed + "; first: " + thrown.peek(), thrown.peek());
      thrown.stream().skip(1).limit(3).forEach(error::addSuppressed);
      throw error;
    }
  }

  /**
   * Checks every structure and the equations of the statistics; call when no operation is under way. A task that still
   * builds a slab nobody waits for is let finish; after a failed growth the cache is deadlocked until the next one.
   */
  static void quiet(Kmem kmem, KmemCache cache, long live) {
    until(() -> kmem.scheduler instanceof ManualScheduler || !cache.stats().states().contains(CacheState.GROWING));
    cache.verify();
    CacheStats stats = cache.stats();
    CacheStats.Objects objects = stats.objects();
    assertEquals(live, objects.inuse(), () -> "inuse: " + stats);
    assertEquals(live, objects.allocated() - objects.freed(), () -> "allocated - freed: " + stats);
    assertEquals(stats.slabs().total() * stats.objectsPerSlab(), objects.total() - stats.emergency().current(),
        () -> "slabs x objects: " + stats);
    assertEquals(objects.alloc(), live - stats.emergency().current() + objects.inMagazines(),
        () -> "outside the slabs: " + stats);
    assertTrue(objects.inMagazines() <= magazineBound(kmem, stats), () -> "magazines: " + stats);
    assertTrue(stats.states().isEmpty() || stats.emergency().deadlock() * stats.slabs().fail() > 0
        && stats.states().equals(EnumSet.of(CacheState.DEADLOCKED)), () -> "states: " + stats);
  }

  static long magazineBound(Kmem kmem, CacheStats stats) {
    long depot = kmem.tunables().get(Tunable.MAGAZINE_DEPOT) * ((stats.magazineSize() + 1) / 2);
    if (stats.type() == CacheType.SLAB) { // no depot; each node a shared array and one for every other node's objects
      long batch = (stats.magazineSize() + 1) / 2;
      long shared = kmem.cpus() > 1 && stats.objectBytes() <= 4096 ? 8 * batch : 0;
      long alien = stats.magazineSize() == 1 ? 1 : 12;
      long nodes = kmem.topology.nodes();
      return MAGAZINES_PER_CPU * (long) stats.magazineSize() * kmem.cpus() + nodes * (shared + (nodes - 1) * alien);
    }
    return (MAGAZINES_PER_CPU * (long) stats.magazineSize() + depot) * kmem.cpus();
  }

  /** Nothing is in use any more: all memory goes back, and the cache closes without a leak. */
  static void finish(Kmem kmem, KmemCache cache) {
    quiet(kmem, cache, 0);
    cache.reap();
    quiet(kmem, cache, 0);
    CacheStats stats = cache.stats();
    assertEquals(0, stats.slabs().total(), () -> "slabs after a reap: " + stats);
    cache.close();
    kmem.reap(); // what its slabs' descriptors took
  }

  /** Waits, without sleeping, for something another thread will do. */
  static void until(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      Thread.yield();
    }
  }
}
