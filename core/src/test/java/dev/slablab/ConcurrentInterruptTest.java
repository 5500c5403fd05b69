package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemClock;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.Variant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Interrupts neither cut a wait short nor get lost. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentInterruptTest {
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#spl")
  void anInterruptedSleepAllocationWaitsOnAndKeepsItsStatus(Variant variant) throws InterruptedException {
    ManualScheduler scheduler = new ManualScheduler();
    AtomicLong object = new AtomicLong();
    AtomicBoolean status = new AtomicBoolean();
    AtomicInteger waits = new AtomicInteger();
    KmemClock patient = new KmemClock() { // the machine's waiting, without its hurry
      @Override
      public long nanoTime() {
        return KmemClock.system().nanoTime();
      }

      @Override
      public boolean await(Lock lock, Condition condition,
          BooleanSupplier done, long timeoutNanos) {
        waits.incrementAndGet();
        return KmemClock.system().await(lock, condition, done, Long.MAX_VALUE);
      }
    };
    try (Kmem kmem = variant.builder().clock(patient).scheduler(scheduler).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("interrupted", 20_000));
      Thread sleeper = Thread.ofPlatform().daemon().start(() -> {
        Thread.currentThread().interrupt(); // before
        object.set(cache.alloc());
        status.set(Thread.currentThread().isInterrupted());
      });
      ConcurrentKit.until(() -> scheduler.pending() == 1);
      for (int i = 0; i < 100; i++) {
        sleeper.interrupt(); // while it waits
        Thread.yield();
      }
      assertTrue(sleeper.isAlive());
      assertEquals(0, object.get());
      assertEquals(1, waits.get(), "one wait, not one per interrupt");
      scheduler.runOne();
      sleeper.join();
      assertTrue(status.get(), "the interrupt status is kept");
      assertEquals(0, cache.stats().emergency().max());
      cache.free(object.get());
      ConcurrentKit.finish(kmem, cache);
    }
  }

  @Test
  void theMachinesClockEndsAWaitByPredicateOrByTimeAlone() throws InterruptedException {
    ReentrantLock lock = new ReentrantLock();
    Condition condition = lock.newCondition();
    AtomicBoolean flag = new AtomicBoolean();
    AtomicInteger result = new AtomicInteger();
    Thread waiter = Thread.ofPlatform().daemon().start(() -> {
      lock.lock();
      try {
        boolean done = KmemClock.system().await(lock, condition, flag::get, Long.MAX_VALUE);
        result.set((done ? 1 : 0) + (Thread.currentThread().isInterrupted() ? 2 : 0));
      } finally {
        lock.unlock();
      }
    });
    for (int i = 0; i < 20; i++) {
      ConcurrentKit.until(() -> waiter.getState() == Thread.State.TIMED_WAITING
          || waiter.getState() == Thread.State.WAITING || !waiter.isAlive());
      assertTrue(waiter.isAlive(), "neither interrupts nor false alarms end it");
      waiter.interrupt();
      lock.lock();
      try {
        condition.signalAll();
      } finally {
        lock.unlock();
      }
    }
    flag.set(true);
    lock.lock();
    try {
      condition.signalAll();
    } finally {
      lock.unlock();
    }
    waiter.join();
    assertEquals(3, result.get(), "by predicate, status kept");
    lock.lock();
    try {
      long start = System.nanoTime();
      assertFalse(KmemClock.system().await(lock, condition, () -> false, 2_000_000));
      assertTrue(System.nanoTime() - start >= 2_000_000);
      assertFalse(KmemClock.system().await(lock, condition, () -> false, 0));
      assertTrue(KmemClock.system().await(lock, condition, () -> true, 0));
    } finally {
      lock.unlock();
    }
  }
}
