package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.MagazinePlacement;
import dev.slablab.testing.ForkedJvm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The layer as its users see it, under each placement. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MagazinesTest {
  private static final int CAPACITY = 8;
  private static final int BATCH = 4;

  private final AtomicLong clock = new AtomicLong();
  private final List<Long> sunk = new ArrayList<>();

  private Magazines magazines(int cpus, MagazinePlacement placement) {
    return new Magazines(cpus, CAPACITY, BATCH, 0, placement, clock::get);
  }

  private void sink(long[] objects, int n) {
    Arrays.stream(objects, 0, n).forEach(sunk::add);
  }

  private static void inThread(Thread.Builder kind, Runnable task) throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    Thread thread = kind.unstarted(task);
    thread.setUncaughtExceptionHandler((t, e) -> thrown.add(e));
    thread.start();
    thread.join();
    assertEquals(List.of(), thrown);
  }

  @ParameterizedTest
  @EnumSource(MagazinePlacement.class)
  void lastInFirstOut(MagazinePlacement placement) {
    Magazines magazines = magazines(1, placement);
    assertEquals(0, magazines.pop());
    assertEquals(3, magazines.store(new long[] {1, 2, 3}, 3));
    assertTrue(magazines.push(4));
    assertEquals(4, magazines.pop());
    assertEquals(3, magazines.pop());
    for (int i = 0; i < CAPACITY - 2; i++) {
      assertTrue(magazines.push(10 + i));
    }
    assertFalse(magazines.push(20));
    assertArrayEquals(new long[] {1, 2, 10, 11, 12, 13, 14, 15}, magazines.contents());
    long[] oldest = new long[CAPACITY];
    assertEquals(BATCH, magazines.takeOldest(oldest));
    assertArrayEquals(new long[] {1, 2, 10, 11}, Arrays.copyOf(oldest, BATCH));
    assertEquals(0, magazines.takeOldest(oldest), "not full");
    assertEquals(CAPACITY - BATCH, magazines.held());
    assertEquals(placement == MagazinePlacement.BIASED && Membarrier.isSupported() ? 1 : 0, magazines.owners());
  }

  @ParameterizedTest
  @CsvSource({"1,5", "2,10", "3,11", "16,80"})
  void magazinesAreBoundedHoweverManyThreadsThereAre(int cpus, int limit) throws InterruptedException {
    Magazines magazines = magazines(cpus, Magazines.placementInUse(MagazinePlacement.BIASED));
    int most = magazines.placement() == MagazinePlacement.BIASED ? limit - cpus : 0;
    assertEquals(cpus + most, magazines.limit());
    int count = 6 * cpus;
    CountDownLatch stored = new CountDownLatch(count);
    CountDownLatch end = new CountDownLatch(1);
    Thread[] threads = new Thread[count];
    for (int i = 0; i < count; i++) {
      threads[i] = Thread.ofPlatform().start(() -> {
        magazines.store(new long[] {1}, 1);
        stored.countDown();
        await(end);
      });
    }
    stored.await();
    assertTrue(magazines.owners() <= most);
    end.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertTrue(magazines.owners() <= most);
    magazines.drain(this::sink, Drain.SKIP_BUSY);
    assertEquals(0, magazines.owners(), "the dead own nothing");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource(MagazinePlacement.class)
  void virtualThreadsNeverOwnASlot(MagazinePlacement placement) throws InterruptedException {
    Magazines magazines = magazines(1, placement);
    for (int round = 0; round < 20; round++) {
      inThread(Thread.ofVirtual(), () -> {
        assertEquals(1, magazines.store(new long[] {5}, 1));
        for (int i = 0; i < 200; i++) { // often enough for the occasional claim
          assertEquals(5, magazines.pop());
          assertTrue(magazines.push(5));
        }
        assertEquals(1, magazines.pop(new long[1], 0, 1));
      });
      assertEquals(0, magazines.owners());
    }
    assertEquals(20 * 201, magazines.allocs());
    assertEquals(20 * 200, magazines.frees());
  }

  @ParameterizedTest
  @EnumSource(MagazinePlacement.class)
  void ageFlushesABatchFromMagazinesWithoutPops(MagazinePlacement placement) {
    Magazines magazines = magazines(1, placement);
    assertEquals(6, magazines.store(new long[] {1, 2, 3, 4, 5, 6}, 6));
    assertEquals(6, magazines.pop());
    magazines.age(this::sink, 1);
    assertEquals(List.of(), sunk, "popped since the beginning");
    assertTrue(magazines.push(6));
    magazines.age(this::sink, 1);
    assertEquals(List.of(1L, 2L, 3L, 4L), sunk, "the oldest; a push does not make it young");
    assertEquals(6, magazines.pop());
    magazines.age(this::sink, 1);
    assertEquals(4, sunk.size());
    magazines.age(this::sink, 1);
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L), sunk);
  }

  @ParameterizedTest
  @EnumSource(MagazinePlacement.class)
  void ageMayAskForSeveralLooksWithoutAPop(MagazinePlacement placement) {
    Magazines magazines = magazines(1, placement);
    assertEquals(6, magazines.store(new long[] {1, 2, 3, 4, 5, 6}, 6));
    magazines.age(this::sink, 3);
    assertEquals(6, magazines.pop());
    for (int untouched = 0; untouched < 3; untouched++) {
      magazines.age(this::sink, 3);
    }
    assertEquals(List.of(), sunk, "one look found the pop, two since found none");
    magazines.age(this::sink, 3);
    assertEquals(List.of(1L, 2L, 3L, 4L), sunk);
    magazines.age(this::sink, 3);
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L), sunk, "idle still");
  }

  @ParameterizedTest
  @EnumSource(MagazinePlacement.class)
  void closedMagazinesTakeAndGiveNothing(MagazinePlacement placement) {
    Magazines magazines = magazines(1, placement);
    assertEquals(2, magazines.store(new long[] {1, 2}, 2));
    magazines.close(this::sink);
    assertEquals(List.of(1L, 2L), sunk);
    assertEquals(0, magazines.pop());
    assertFalse(magazines.push(1));
    assertEquals(0, magazines.store(new long[] {1}, 1));
    assertEquals(0, magazines.takeOldest(new long[CAPACITY]));
    assertEquals(0, magazines.owners());
    magazines.open();
    assertEquals(1, magazines.store(new long[] {3}, 1));
    assertEquals(3, magazines.pop());
  }

  /** Prints the placement in use. */
  static final class Print {
    public static void main(String[] args) {
      System.out.println("placement "
          + new Magazines(1, 1, 1, 0, MagazinePlacement.BIASED, System::nanoTime).placement());
    }
  }

  @Test
  void withoutMembarrierThePlacementIsTheNextBest() {
    assertEquals(MagazinePlacement.HASHED, Magazines.placementInUse(MagazinePlacement.HASHED));
    MagazinePlacement indexed = CpuIndex.isSupported() ? MagazinePlacement.CPU_INDEXED : MagazinePlacement.HASHED;
    assertEquals(indexed, Magazines.placementInUse(MagazinePlacement.CPU_INDEXED));
    assertEquals(Membarrier.isSupported() ? MagazinePlacement.BIASED : indexed,
        Magazines.placementInUse(MagazinePlacement.BIASED));
    String elsewhere = ForkedJvm.run(List.of("-Dos.name=Elsewhere"), Print.class.getName(), List.of(), 60).output();
    assertTrue(elsewhere.contains("placement " + indexed), elsewhere);
  }
}
