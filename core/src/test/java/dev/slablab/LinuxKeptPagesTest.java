package dev.slablab;

import static org.junit.jupiter.api.Assertions.*;

import dev.slablab.page.*;
import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.*;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pages of Linux slabs stay for a while after the slab went: reused, given up unneeded, in a shortage, by a reap. */
class LinuxKeptPagesTest {
  private static final long SECOND = 1_000_000_000;
  private static final int SIZE = 2048;
  private static final int BURST = 512;
  private static final long MIB = 1 << 20;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();
  private final ManualClock clock = new ManualClock();

  private Kmem open(Variant variant, long decay, long limit) {
    return kmems.openTimed(variant.builder().clock(clock).tunable(Tunable.SLAB_DECAY, decay)
        .tunable(Tunable.MEMORY_LIMIT, limit));
  }

  /** Allocates many, writes and frees them; most of their slabs are beyond the limit and go. */
  private static void burst(KmemCache cache, int n) {
    List<Long> live = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      live.add(cache.alloc());
      Memory.fill(live.getLast(), cache.spec().size(), (byte) i);
    }
    assertEquals(n, new HashSet<>(live).size());
    live.forEach(cache::free);
  }

  private static long requests(Kmem kmem) {
    return kmem.source.allocations();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#linuxes")
  void theNextBurstFindsThePagesOfTheLast(Variant variant) {
    Kmem kmem = open(variant, 1000, 0);
    KmemCache cache = kmem.createCache(CacheSpec.of("burst", SIZE));
    burst(cache, BURST);
    long held = kmem.heldBytes();
    long asked = requests(kmem);
    assertTrue(cache.stats().slabs().destroy() > 0, "slabs went");
    assertTrue(held > cache.stats().slabs().total() * 4096, "but not their pages");
    burst(cache, BURST);
    assertTrue(requests(kmem) - asked < 5, "no pages were asked for but by general caches, for descriptors");
    cache.verify();

    clock.advance(2 * SECOND); // a new period: all were needed in the last one
    burst(cache, BURST / 2);
    clock.advance(2 * SECOND); // in this one half
    burst(cache, BURST / 2);
    assertTrue(kmem.heldBytes() < held * 7 / 8, "held = " + kmem.heldBytes() + " of " + held);

    long reaped = cache.reap();
    assertTrue(reaped > 0);
    assertEquals(0, cache.stats().slabs().total());
    assertEquals(0, cache.slabs.relieve(), "a reap left nothing");
    cache.close();
    long _ = kmem.reap(); // descriptors of slabs lay in general caches
    assertEquals(0, kmem.heldBytes());
  }

  /** The original's behaviour, and what proves that the test above sees the difference. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#linuxes")
  void withoutDecayPagesGoWithTheirSlab(Variant variant) {
    Kmem kmem = open(variant, 0, 0);
    KmemCache cache = kmem.createCache(CacheSpec.of("burst", SIZE));
    burst(cache, BURST);
    long asked = requests(kmem);
    burst(cache, BURST);
    assertTrue(requests(kmem) - asked > 100);
    assertEquals(0, cache.slabs.relieve());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#linuxes")
  void aShortageGetsThem(Variant variant) {
    Kmem kmem = open(variant, 1000, 4 * MIB);
    KmemCache cache = kmem.createCache(CacheSpec.of("burst", 512));
    burst(cache, 5000); // most of the limit
    long run = kmem.alloc(3 * MIB, AllocMode.NOSLEEP);
    assertNotEquals(0, run, "NOSLEEP is given what nobody uses");
    kmem.free(run);
    long _ = kmem.reap();
    burst(cache, 5000);
    KmemCache other = kmem.createCache(CacheSpec.of("other", 300_000).flags(CacheFlag.KVMEM));
    long object = other.alloc(AllocMode.NOSLEEP);
    assertNotEquals(0, object, "an SPL cache too");
    other.free(object);
    other.close();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#linuxes")
  void closingReturnsThem(Variant variant) {
    Kmem kmem = open(variant, 1000, 0);
    KmemCache cache = kmem.createCache(CacheSpec.of("burst", 64));
    burst(cache, 20_000);
    assertTrue(kmem.heldBytes() > MIB);
    cache.close();
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#linuxes")
  void theTimedReapReturnsThem(Variant variant) {
    Kmem kmem = open(variant, 1000, 0);
    KmemCache cache = kmem.createCache(CacheSpec.of("burst", 64));
    burst(cache, 20_000);
    for (int pass = 0; pass < 40; pass++) {
      clock.advance(2 * SECOND);
      cache.slabs.age();
    }
    assertEquals(0, kmem.heldBytes());
  }
}
