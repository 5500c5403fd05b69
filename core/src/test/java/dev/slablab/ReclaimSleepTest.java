package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a reclaim callback that allocates from its own cache with a mode that waits gets, the same from every type at
 * every debug level: what a magazine serves, else an error that says so.
 */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReclaimSleepTest {
  private static final List<AllocMode> WAITING = List.of(AllocMode.SLEEP, AllocMode.PUSHPAGE, AllocMode.NORETRY);

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  static List<Variant> levels() {
    List<Variant> all = new ArrayList<>();
    for (CacheType type : CacheType.values()) {
      for (int nodes = type == CacheType.SLAB ? 1 : 0; nodes <= (type == CacheType.SLAB ? 2 : 0); nodes++) {
        for (int level = 0; level <= 3; level++) {
          all.add(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.BIASED, false, type, nodes, false, level));
        }
      }
    }
    all.add(new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.BIASED, false, CacheType.SLAB, 1, true));
    return all;
  }

  private KmemCache cache(Kmem.Builder builder, Consumer<KmemCache> callback) {
    GrowthSimulation time = new GrowthSimulation();
    Kmem kmem = kmems.openTimed(builder.clock(time).scheduler(time.scheduler).tunable(Tunable.GROW_IN_CALLER, 1));
    KmemCache[] own = new KmemCache[1];
    own[0] = kmem.createCache(CacheSpec.of("own", 700).objectsPerSlab(4).reclaim(_ -> callback.accept(own[0])));
    return own[0];
  }

  @ParameterizedTest
  @MethodSource("levels")
  void whatIsInAMagazineIsHandedOut(Variant variant) {
    AtomicInteger got = new AtomicInteger();
    KmemCache own = cache(variant.builder(), cache -> {
      for (AllocMode mode : WAITING) {
        long object = cache.alloc(mode);
        assertNotEquals(0, object);
        got.incrementAndGet();
        cache.free(object);
      }
    });
    own.free(own.alloc());
    long _ = own.reap();
    assertTrue(got.get() >= WAITING.size(), got + " objects");
    assertEquals(0, own.stats().slabs().total(), "the reap is completed");
  }

  @ParameterizedTest
  @MethodSource("levels")
  void elseItIsRefusedAndTheCacheGoesOn(Variant variant) {
    AllocMode[] mode = new AllocMode[1];
    List<Long> got = new ArrayList<>();
    KmemCache own = cache(variant.builder(), cache -> {
      long nosleep = cache.alloc(AllocMode.NOSLEEP);
      got.add(nosleep);
      for (int i = 0; i < 1000; i++) { // more than magazines hold
        got.add(cache.alloc(mode[0]));
      }
    });
    for (AllocMode waiting : WAITING) {
      mode[0] = waiting;
      String message = assertThrows(KmemException.Usage.class, own::reap).getMessage();
      assertTrue(message.startsWith("alloc: mode = " + waiting
          + ", cache = own: its reclaim callback may allocate from it"
          + " with NOSLEEP only"), message);
      assertFalse(own.stats().states().contains(CacheState.REAPING), "the reap is over");
      assertNotEquals(0, got.getFirst());
      got.forEach(own::free);
      got.clear();
      own.free(own.alloc(waiting)); // outside it works again
    }
  }

  /**
   * The reap that asks may be a part of a SLEEP allocation's fight for pages, which the callback's is then a part of.
   */
  @ParameterizedTest
  @MethodSource("levels")
  void inAShortageTheAllocationThatAskedIsToldSo(Variant variant) {
    AtomicInteger calls = new AtomicInteger();
    KmemCache own = cache(variant.builder().tunable(Tunable.MEMORY_LIMIT, 1 << 20), cache -> {
      calls.incrementAndGet();
      cache.free(cache.alloc());
    });
    List<Long> all = new ArrayList<>();
    String message = assertThrows(KmemException.Usage.class, () -> {
      for (;;) {
        all.add(own.alloc());
      }
    }).getMessage();
    assertTrue(message.contains("with NOSLEEP only"), message);
    assertTrue(all.size() > 50 && calls.get() == 1, all.size() + " objects, " + calls + " calls");
    all.forEach(own::free);
    own.free(own.alloc());
  }
}
