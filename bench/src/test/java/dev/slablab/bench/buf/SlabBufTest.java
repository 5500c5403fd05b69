package dev.slablab.bench.buf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.Kmem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/**
 * The handle's contract: bounds, references, recycling. Closing the Kmem proves that every buffer's memory came back.
 */
@Timeout(60)
class SlabBufTest {
  private final Kmem kmem = Kmem.create();
  private final SlabBufAllocator allocator = new SlabBufAllocator(kmem);

  @AfterEach
  void nothingIsLost() {
    kmem.verify();
    kmem.close();
  }

  @Test
  void holdsWhatIsWritten() {
    for (int size : new int[] {8, 15, 256, 16_639, 1 << 20}) {
      SlabBuf buffer = allocator.buffer(size);
      assertEquals(size, buffer.capacity());
      for (int index : new int[] {0, (size - 8) / 3, size - 8}) {
        buffer.setLong(index, 0x0102030405060708L);
        assertEquals(0x0102030405060708L, buffer.getLong(index));
        assertEquals(0x01020304, buffer.getInt(index), "big-endian");
        assertEquals(8, buffer.getByte(index + 7));
        buffer.setInt(index + 4, -2);
        buffer.setByte(index, 0x81);
        assertEquals(0x81020304_fffffffeL, buffer.getLong(index));
      }
      assertTrue(buffer.release());
    }
  }

  @Test
  void everyAccessBeyondTheEndsIsRefused() {
    SlabBuf buffer = allocator.buffer(10);
    for (int index : new int[] {-1, Integer.MIN_VALUE, 10, Integer.MAX_VALUE}) {
      refused(() -> buffer.getByte(index));
      refused(() -> buffer.setByte(index, 0));
    }
    for (int index : new int[] {-1, Integer.MIN_VALUE, 7, Integer.MAX_VALUE}) {
      refused(() -> buffer.getInt(index));
      refused(() -> buffer.setInt(index, 0));
    }
    for (int index : new int[] {-1, Integer.MIN_VALUE, 3, Integer.MAX_VALUE - 3}) {
      refused(() -> buffer.getLong(index));
      refused(() -> buffer.setLong(index, 0));
    }
    assertTrue(buffer.release());
    SlabBuf small = allocator.buffer(3);
    refused(() -> small.getInt(0));
    assertTrue(small.release());
    SlabBuf none = allocator.buffer(0);
    refused(() -> none.setByte(0, 1));
    assertTrue(none.release());
    assertThrows(IllegalArgumentException.class, () -> allocator.buffer(-1));
  }

  private static void refused(Executable access) {
    String message = assertThrows(IndexOutOfBoundsException.class, access).getMessage();
    assertTrue(message.matches("index = -?\\d+, length = \\d: must lie within capacity = \\d+"), message);
  }

  @Test
  void theLastReferenceFrees() {
    SlabBuf buffer = allocator.buffer(100);
    assertEquals(1, buffer.refCnt());
    assertSame(buffer, buffer.retain());
    assertSame(buffer, buffer.retain());
    assertEquals(3, buffer.refCnt());
    assertFalse(buffer.release());
    assertFalse(buffer.release());
    buffer.setByte(99, 1);
    assertTrue(buffer.release());
    assertEquals(0, buffer.refCnt());
  }

  @Test
  void aReleasedBufferRefusesEverything() {
    SlabBuf buffer = allocator.buffer(100);
    assertTrue(buffer.release());
    List<Executable> all = List.of(buffer::release, buffer::retain, buffer::memoryAddress, () -> buffer.getByte(0),
        () -> buffer.setByte(0, 1), () -> buffer.getInt(0), () -> buffer.setInt(0, 1), () -> buffer.getLong(0),
        () -> buffer.setLong(0, 1));
    for (Executable one : all) {
      String message = assertThrows(IllegalStateException.class, one).getMessage();
      assertTrue(message.startsWith("references = 0: "), message);
    }
    assertEquals(0, buffer.refCnt());
  }

  /** As Netty's, and as the package text says. */
  @Test
  void aHandleIsUsedAgainAndAStaleReferenceIsThenTheNewBuffer() {
    SlabBuf first = allocator.buffer(100);
    assertTrue(first.release());
    SlabBuf second = allocator.buffer(7);
    assertSame(first, second);
    assertEquals(7, first.capacity());
    assertNotSame(second, allocatedAndReleased(8), "a live handle is nobody else's");
    assertTrue(second.release());
  }

  private SlabBuf allocatedAndReleased(int size) {
    SlabBuf buffer = allocator.buffer(size);
    assertTrue(buffer.release());
    return buffer;
  }

  @Test
  void liveBuffersHaveHandlesAndMemoryOfTheirOwn() {
    List<SlabBuf> live = new ArrayList<>();
    Set<SlabBuf> handles = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 3000; i++) {
        SlabBuf buffer = allocator.buffer(4 + i % 500);
        buffer.setInt(0, i);
        live.add(buffer);
      }
      handles.addAll(live);
      for (int i = 0; i < live.size(); i++) {
        assertEquals(i, live.get(i).getInt(0));
        assertTrue(live.get(i).release());
      }
      live.clear();
    }
    assertEquals(3000 + 2 * (3000 - HandlePool.PER_THREAD), handles.size(), "of every burst, a stack full is kept");
  }

  /** Many releasers, one count: each buffer's memory and handle go back once. */
  @Test
  void referencesAreCountedAcrossThreads() throws Exception {
    int threads = 4;
    AtomicInteger last = new AtomicInteger();
    for (int round = 0; round < 200; round++) {
      SlabBuf buffer = allocator.buffer(64);
      for (int i = 1; i < threads; i++) {
        SlabBuf _ = buffer.retain();
      }
      CountDownLatch start = new CountDownLatch(1);
      inThreads(threads, start, () -> {
        SlabBuf _ = buffer.retain();
        assertFalse(buffer.release());
        buffer.setByte(0, 1);
        if (buffer.release()) {
          last.incrementAndGet();
        }
      });
      assertEquals(0, buffer.refCnt());
      assertEquals(round + 1, last.get());
    }
  }

  /** The releasing thread keeps the handle, the allocating thread never sees it again. */
  @Test
  void releasedElsewhereAHandleStaysThere() throws Exception {
    SlabBuf mine = allocator.buffer(64);
    inThreads(1, new CountDownLatch(1), () -> {
      assertTrue(mine.release());
      SlabBuf again = allocator.buffer(32);
      assertSame(mine, again);
      assertTrue(again.release());
    });
    SlabBuf next = allocator.buffer(64);
    assertNotSame(mine, next);
    assertTrue(next.release());
  }

  @Test
  void buffersGoThroughAQueue() throws Exception {
    int count = 50_000;
    BlockingQueue<SlabBuf> queue = new ArrayBlockingQueue<>(1000);
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    Thread consumer = Thread.ofPlatform().start(() -> {
      try {
        for (int i = 0; i < count; i++) {
          SlabBuf buffer = queue.take();
          assertEquals(i, buffer.getInt(buffer.capacity() - 4));
          assertTrue(buffer.release());
        }
      } catch (Throwable e) {
        wrong.set(e);
      }
    });
    for (int i = 0; i < count && consumer.isAlive(); i++) {
      SlabBuf buffer = allocator.buffer(4 + i % 2000);
      buffer.setInt(buffer.capacity() - 4, i);
      queue.put(buffer);
    }
    consumer.join();
    assertEquals(null, wrong.get());
  }

  /** More threads than slots, one after the other and all at once; virtual ones too. */
  @Test
  void anyNumberOfThreadsIsRightAndThePoolStaysBounded() throws Exception {
    assertEquals(0, allocator.handleLimit() % HandlePool.PER_THREAD);
    int slots = allocator.handleLimit() / HandlePool.PER_THREAD;
    for (int i = 0; i < 3 * slots; i++) {
      inThreads(1, new CountDownLatch(1), this::recyclesItsHandle); // dead owners' slots are taken
    }
    inThreads(slots + 40, new CountDownLatch(1), () -> allocatedAndReleased(20));
    Thread virtual = Thread.ofVirtual().start(() -> assertNotSame(allocatedAndReleased(9), allocatedAndReleased(9)));
    virtual.join();
  }

  private void recyclesItsHandle() {
    assertSame(allocatedAndReleased(9), allocatedAndReleased(9));
  }

  private static void inThreads(int n, CountDownLatch start, Runnable task) throws Exception {
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(Thread.ofPlatform().start(() -> {
        try {
          start.await();
          task.run();
        } catch (Throwable e) {
          wrong.set(e);
        }
      }));
    }
    start.countDown();
    for (Thread thread : all) {
      thread.join();
    }
    assertEquals(null, wrong.get());
  }
}
