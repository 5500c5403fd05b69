package dev.slablab;

import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.lang.ref.WeakReference;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ageing over the machine's own clock and timer; nobody sleeps, but for what the timer takes. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AgeingTimerTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private static Kmem.Builder builder(boolean arena) {
    return new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.BIASED, arena).builder()
        .clock(KmemClock.system()).tunable(Tunable.CACHE_DELAY, 3).tunable(Tunable.SPL_KMEM_CACHE_EXPIRE, 1)
        .tunable(Tunable.GROW_IN_CALLER, 1);
  }

  private static KmemScheduler takingNoTask() {
    return new KmemScheduler() {
      @Override
      public void submit(Runnable task) {
        throw new RejectedExecutionException("told to");
      }

      @Override
      public void close() {}
    };
  }

  /** The machine's clock and timer; a second round of work finds ageing still alive. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theRealTimer(boolean rejecting) throws InterruptedException {
    Semaphore destructed = new Semaphore(0);
    Kmem kmem = kmems.openTimed(builder(false)
        .scheduler(rejecting ? takingNoTask() : KmemScheduler.threads(1)));
    KmemCache cache = kmem.createCache(CacheSpec.of("timed", 64).hooks(null, (object, priv) -> destructed.release(),
        null, ConstructorPlacement.PER_SLAB));
    for (int round = 0; round < 3; round++) {
      AgeingKit.fill(cache);
      destructed.acquire();
      ConcurrentKit.until(() -> cache.stats().slabs().total() == 0);
      int _ = destructed.drainPermits();
    }
  }

  @Test
  void theRealTimerKeepsNoInstanceAlive() {
    WeakReference<Kmem> kmem = new WeakReference<>(timed());
    while (kmem.get() != null) {
      System.gc();
    }
  }

  private Kmem timed() {
    Kmem kmem = builder(true).scheduler(KmemScheduler.threads(1)).build();
    KmemCache cache = kmem.createCache(CacheSpec.of("forgotten", 64));
    cache.free(cache.alloc());
    ConcurrentKit.until(() -> cache.stats().slabs().total() == 0);
    return kmem;
  }
}
