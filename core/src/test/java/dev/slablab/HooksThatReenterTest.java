package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hooks that come back into the allocator by every door there is; what close says to them is {@link ReapHookTest}'s.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HooksThatReenterTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private final List<KmemCache> self = new ArrayList<>();
  private boolean inside;
  private boolean over;
  private int visits;

  private void everyDoor(Kmem kmem, long object) {
    if (inside || over || self.isEmpty() || visits > 40) {
      return;
    }
    inside = true;
    visits++;
    KmemCache own = self.getFirst();
    long _ = own.reap();
    long _ = kmem.reap();
    long _ = kmem.shrinker().scan(1);
    long another = own.alloc(AllocMode.NOSLEEP);
    assertTrue(another != object, "handed out twice");
    if (another != 0) {
      own.free(another);
    }
    KmemCache fresh = kmem.createCache(CacheSpec.of("fresh", 300));
    fresh.free(fresh.alloc());
    fresh.close();
    kmem.free(kmem.realloc(kmem.alloc(100), 100_000));
    kmem.tune(Tunable.ALLOC_TIMEOUT, 5000);
    assertTrue(own.stats().objects().inuse() >= 0 && !kmem.slabText().isEmpty() && !kmem.slabInfo(true).isEmpty());
    if (own.stats().type() == CacheType.SLAB) {
      kmem.retune("reentered 20 10 1");
    }
    inside = false;
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.HookVariant#withDebugged")
  void everyHookMayDoEverythingButClose(HookVariant how) {
    GrowthSimulation time = new GrowthSimulation();
    Kmem kmem = kmems.openTimed(how.variant().builder().clock(time).scheduler(time.scheduler)
        .tunable(Tunable.GROW_IN_CALLER, 1));
    RecordingHooks hooks = new RecordingHooks();
    self.add(kmem.createCache(CacheSpec.of("reentered", 700).objectsPerSlab(4).hooks((object, priv, mode) -> {
      everyDoor(kmem, object);
      hooks.construct(object, priv, mode);
    }, (object, priv) -> {
      hooks.destruct(object, priv);
      everyDoor(kmem, object);
    }, hooks.priv, how.placement()).reclaim(_ -> everyDoor(kmem, -1))));
    KmemCache cache = self.getFirst();
    Live live = new Live();
    for (int i = 0; i < 60; i++) {
      live.alloc(cache);
    }
    time.scheduler.runAll();
    kmem.verify();
    assertEquals(60, cache.stats().objects().inuse());
    live.freeAll();
    visits = 0;
    long _ = cache.reap();
    time.scheduler.runAll();
    assertTrue(visits > 0, "destructors, or the callback, have been there");
    over = true;
    ConcurrentKit.finish(kmem, cache);
    hooks.check(0);
  }
}
