package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.*;
import dev.slablab.spec.*;
import dev.slablab.testing.OpenKmems;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A page run that comes free between a vain look for memory and the wait for it: nobody waits, and no time passes. */
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShortageWindowTest {
  private static final int RUN = 1 << 20;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private final GrowthSimulation time = new GrowthSimulation();
  private volatile Runnable inTheWindow = () -> { };

  /** Lets the test step in each time the limited source has refused a request. */
  private final class Window extends ForwardingPageSource {
    Window(PageSource limited) {
      super(limited);
    }

    @Override
    public long allocate(long bytes, Area area) {
      long address = source.allocate(bytes, area);
      if (address == NONE) {
        inTheWindow.run();
      }
      return address;
    }
  }

  private Kmem kmem(int decay) {
    return kmems.openTimed(Kmem.builder().clock(time).scheduler(time.scheduler).decorate(Window::new)
        .tunable(Tunable.MEMORY_LIMIT, 2 * RUN).tunable(Tunable.GENERAL_LARGEST, 4096)
        .tunable(Tunable.SPL_KMEM_CACHE_EXPIRE, 0).tunable(Tunable.SLAB_DECAY, decay));
  }

  private static void elsewhere(Runnable free) {
    CompletableFuture.runAsync(free).join();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1000})
  void aRunThatComesFreeBehindTheLastLookIsSeen(int decay) {
    Kmem kmem = kmem(decay);
    long one = kmem.alloc(RUN);
    long two = kmem.alloc(RUN - 4096);
    AtomicInteger refused = new AtomicInteger();
    inTheWindow = () -> {
      if (refused.getAndIncrement() == 0) {
        elsewhere(() -> kmem.free(one));
      }
    };
    long three = kmem.alloc(RUN);
    assertEquals(1, refused.get());
    assertEquals(0, time.nanoTime(), () -> "waited: " + time.timedOut);
    kmem.free(two);
    kmem.free(three);
  }

  /** Kept, it is nothing the reap gave back. */
  @Test
  void aRunThatTheReclaimCallbackFreesIsSeen() {
    Kmem kmem = kmem(1000);
    long[] runs = {kmem.alloc(RUN), kmem.alloc(RUN - 4096)};
    AtomicInteger calls = new AtomicInteger();
    KmemCache asked = kmem.createCache(CacheSpec.of("asked", 64).reclaim(_ -> {
      if (calls.getAndIncrement() == 0) {
        kmem.free(runs[0]);
      }
    }));
    long three = kmem.alloc(RUN);
    assertEquals(0, time.nanoTime(), () -> "waited: " + time.timedOut);
    assertEquals(1, calls.get());
    kmem.free(three);
    kmem.free(runs[1]);
    asked.close();
  }

  /** What comes free is of no use each time: that is no reason never to wait. */
  @Test
  void whatTheReaperFreesItselfIsThrottled() {
    Kmem kmem = kmem(0);
    long[] runs = {kmem.alloc(RUN), kmem.alloc(RUN - 8 * 4096), kmem.alloc(8192)};
    AtomicInteger calls = new AtomicInteger();
    KmemCache asked = kmem.createCache(CacheSpec.of("asked", 64).reclaim(_ -> {
      calls.incrementAndGet();
      kmem.free(runs[2]);
      runs[2] = kmem.alloc(8192, AllocMode.NOSLEEP);
      assertNotEquals(0, runs[2]);
    }));
    assertThrows(KmemException.NoMemory.class, () -> kmem.alloc(RUN));
    assertTrue(time.timedOut.size() > 50 && calls.get() <= 2 * time.timedOut.size() + 2,
        () -> calls + " calls, waits: " + time.timedOut.size());
    for (long run : runs) {
      kmem.free(run);
    }
    asked.close();
  }
}
