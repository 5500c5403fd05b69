package dev.slablab.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.slablab.testing.Seeds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PageMapTest {
  private static final long PAGE = 4096;

  private static final class Owner extends PageOwner {
    final long number;

    Owner(long number) {
      super(null, -1);
      this.number = number;
    }
  }

  @Test
  void randomRunsAreFoundAndForgotten() {
    Seeds.run(random -> {
      PageMap map = new PageMap();
      Map<Long, Owner> model = new HashMap<>();
      // Runs around the edges of leaves (16 MiB) and of the middle level (64 GiB), where an index wraps.
      long[] origins = {PAGE, (1L << 24) - 3 * PAGE, (1L << 36) - 5 * PAGE, 0x7F00_0000_0000L, (1L << 47) - 40 * PAGE};
      for (int step = 0; step < 3_000; step++) {
        long address = origins[random.nextInt(origins.length)] + random.nextInt(20) * PAGE;
        int pages = 1 + random.nextInt(12);
        long bytes = pages * PAGE - random.nextInt((int) PAGE);
        Owner owner = random.nextInt(3) == 0 ? null : new Owner(step);
        map.set(address, bytes, owner);
        for (int i = 0; i < pages; i++) {
          model.put(address + i * PAGE, owner);
        }
        for (int probe = 0; probe < 10; probe++) {
          long any = origins[random.nextInt(origins.length)] + random.nextInt(40) * PAGE;
          assertSame(model.get(any), map.get(any + random.nextInt((int) PAGE)), "0x" + Long.toHexString(any));
        }
      }
      model.forEach((page, owner) -> assertSame(owner, map.get(page)));
    });
  }

  @Test
  void aRunLargerThanALeafIsMappedWhole() {
    PageMap map = new PageMap();
    Owner owner = new Owner(1);
    long address = (1L << 30) - 7 * PAGE;
    long bytes = (40L << 20) + 1;
    map.set(address, bytes, owner);
    long end = address + (40L << 20) + PAGE;
    for (long page = address; page < end; page += PAGE) {
      assertSame(owner, map.get(page));
    }
    assertNull(map.get(address - 1));
    assertNull(map.get(end));
    map.set(address, bytes, null);
    for (long page = address; page < end; page += PAGE) {
      assertNull(map.get(page));
    }
  }

  @Test
  void wildAddressesHaveNoOwner() {
    PageMap map = new PageMap();
    map.set(PAGE, PAGE, new Owner(1));
    Owner last = new Owner(2);
    map.set((1L << 48) - PAGE, PAGE, last);
    for (long wild : new long[] {0, -1, -PAGE, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 48, (1L << 48) + PAGE, 1L << 62}) {
      assertNull(map.get(wild), "0x" + Long.toHexString(wild));
    }
    assertSame(last, map.get((1L << 48) - 1));
  }

  @Test
  void readersNeverSeeAnotherRunsOwner() throws InterruptedException {
    // Two writers set and clear runs of their own, in one leaf; readers find the right owner or none.
    PageMap map = new PageMap();
    long base = 1L << 40;
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong wrong = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int w = 0; w < 2; w++) {
      Owner owner = new Owner(w);
      long address = base + w * 8 * PAGE;
      threads.add(Thread.ofPlatform().start(() -> {
        for (int i = 0; i < 20_000; i++) {
          map.set(address, 8 * PAGE, owner);
          wrong.addAndGet(map.get(address + 7 * PAGE) == owner ? 0 : 1);
          map.set(address, 8 * PAGE, null);
        }
      }));
    }
    Thread reader = Thread.ofPlatform().start(() -> {
      while (!stop.get()) {
        for (long page = 0; page < 16; page++) {
          PageOwner found = map.get(base + page * PAGE);
          wrong.addAndGet(found == null || found instanceof Owner owner && owner.number == page / 8 ? 0 : 1);
        }
      }
    });
    for (Thread thread : threads) {
      thread.join();
    }
    stop.set(true);
    reader.join();
    assertEquals(0, wrong.get());
  }
}
