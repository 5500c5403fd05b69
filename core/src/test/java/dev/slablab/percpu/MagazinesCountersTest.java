package dev.slablab.percpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.MagazinePlacement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the magazines say of themselves agrees with what their users did. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MagazinesCountersTest {
  private static final int CAPACITY = 8;
  private static final int BATCH = 4;

  private final AtomicLong clock = new AtomicLong();
  private final List<Long> sunk = new ArrayList<>();

  private Magazines magazines(MagazinePlacement placement) {
    return new Magazines(1, CAPACITY, BATCH, 0, placement, clock::get);
  }

  private void sink(long[] objects, int n) {
    Arrays.stream(objects, 0, n).forEach(sunk::add);
  }

  private static void inThread(Runnable task) throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    Thread thread = new Thread(task);
    thread.setUncaughtExceptionHandler((t, e) -> thrown.add(e));
    thread.start();
    thread.join();
    assertEquals(List.of(), thrown);
  }

  /** Threads come, do something that is counted, and die or fall idle; slots are adopted, stolen, drained, retuned. */
  @ParameterizedTest
  @EnumSource(MagazinePlacement.class)
  void countersAreExactAcrossHandOvers(MagazinePlacement placement) throws InterruptedException {
    Magazines magazines = magazines(placement);
    Random random = new Random(1);
    long[] did = new long[3]; // allocs, frees, held
    try (LiveThreads spread = new LiveThreads()) {
      for (int round = 0; round < 400; round++) {
        spread.next(); // ids grow, homes change
        Runnable work = () -> work(magazines, random, did);
        inThread(work);
        switch (random.nextInt(8)) {
          case 0 -> magazines.drain(this::sink, Drain.SKIP_BUSY);
          case 1 -> magazines.age(this::sink, 1);
          case 2 -> magazines.retune(1 + random.nextInt(2 * CAPACITY), 1, this::sink);
          case 3 -> work.run();
          default -> clock.addAndGet(1_000_000_000);
        }
        did[2] -= sunk.size();
        sunk.clear();
        assertEquals(did[0], magazines.allocs());
        assertEquals(did[1], magazines.frees());
        assertEquals(did[2], magazines.held());
        assertEquals(did[2], magazines.contents().length);
      }
    }
    assertTrue(did[0] > 1000 && did[1] > 1000);
  }

  private static void work(Magazines magazines, Random random, long[] did) {
    long[] some = new long[4 * CAPACITY];
    for (int i = random.nextInt(100); i > 0; i--) {
      Arrays.fill(some, 1);
      int n = 1 + random.nextInt(CAPACITY);
      switch (random.nextInt(6)) {
        case 0 -> did[2] += magazines.store(some, n);
        case 1 -> did[2] -= magazines.takeOldest(some);
        case 2 -> {
          int popped = magazines.pop(some, 0, n);
          did[0] += popped;
          did[2] -= popped;
        }
        case 3 -> {
          int pushed = magazines.push(some, 0, n);
          did[1] += pushed;
          did[2] += pushed;
        }
        case 4 -> {
          boolean popped = magazines.pop() != 0;
          did[0] += popped ? 1 : 0;
          did[2] -= popped ? 1 : 0;
        }
        default -> {
          boolean pushed = magazines.push(1);
          did[1] += pushed ? 1 : 0;
          did[2] += pushed ? 1 : 0;
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(MagazinePlacement.class)
  void retuneWhileThreadsWork(MagazinePlacement placement) throws InterruptedException {
    Magazines magazines = magazines(placement);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong balance = new AtomicLong();
    Thread[] threads = new Thread[3];
    for (int i = 0; i < threads.length; i++) {
      threads[i] = Thread.ofPlatform().start(() -> {
        Random random = new Random();
        long[] did = new long[3];
        while (!stop.get()) {
          work(magazines, random, did);
        }
        balance.addAndGet(did[2]);
      });
    }
    for (int i = 1; i <= 200; i++) {
      magazines.retune(1 + i % 20, 1 + i % 20 / 2, this::sink);
      assertEquals(1 + i % 20, magazines.capacity());
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(balance.get() - sunk.size(), magazines.held());
    assertFalse(sunk.contains(0L), "an object that nobody put in");
    assertTrue(Arrays.stream(magazines.contents()).allMatch(object -> object == 1));
  }
}
