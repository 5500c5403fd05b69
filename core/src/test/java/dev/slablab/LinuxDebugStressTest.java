package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import java.util.Arrays;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Threads that use a debugged cache soundly and pass objects on, beside reap and retune: nothing is ever found. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxDebugStressTest {
  private static final int SIZE = 200;

  private record Item(long object, long owner) {}

  static Stream<Arguments> flagsAndNodes() {
    return Stream.of("POISON", "RED_ZONE", "STORE_USER", "RED_ZONE STORE_USER", "POISON RED_ZONE STORE_USER")
        .flatMap(flags -> Stream.of(1, 2, 4).map(nodes -> Arguments.of(flags, nodes)));
  }

  @ParameterizedTest
  @MethodSource("flagsAndNodes")
  void soundUseIsLeftInPeace(String switches, int nodes) throws InterruptedException {
    long seed = ConcurrentKit.seed();
    int each = ConcurrentKit.count(3_000, 100_000);
    int threads = 4;
    CacheFlag[] flags = Arrays.stream(switches.split(" ")).map(CacheFlag::valueOf).toArray(CacheFlag[]::new);
    AtomicInteger constructed = new AtomicInteger();
    try (Kmem kmem = Kmem.builder().tunables(Tunables.defaults().with(Tunable.NUMA_NODES, nodes)
        .with(Tunable.POSSIBLE_CPUS, 4).with(Tunable.SPL_KMEM_CACHE_EXPIRE, 0)
        .with(Tunable.MAGAZINE_PLACEMENT, MagazinePlacement.BIASED.ordinal())).build()) {
      KmemCache cache = kmem.createCache(CacheSpec.of("debugged", SIZE).flags(flags).hooks(
          (object, priv, mode) -> constructed.incrementAndGet(), (object, priv) -> constructed.decrementAndGet(), null,
          ConstructorPlacement.PER_SLAB));
      ConcurrentOwners owners = new ConcurrentOwners(SIZE);
      Queue<Item> queue = new ConcurrentLinkedQueue<>();
      AtomicInteger working = new AtomicInteger(threads);
      ConcurrentKit.together(threads + 1, seed, index -> {
        if (index == threads) {
          for (int i = 0; working.get() > 0; i++) {
            kmem.retune("debugged " + new String[] {"32 16 8", "1 1 0", "7 3 2"}[i % 3]);
            cache.reap();
          }
          return;
        }
        try {
          SplittableRandom random = ConcurrentKit.random(seed, index);
          for (int i = 0; i < each; i++) {
            long owner = ((long) index << 32) | i;
            long object = cache.alloc();
            owners.took(object, owner);
            queue.add(new Item(object, owner));
            for (Item item; random.nextInt(100) < 49 && (item = queue.poll()) != null;) {
              owners.gives(item.object, item.owner);
              cache.free(item.object);
            }
          }
        } finally {
          working.decrementAndGet();
        }
      });
      ConcurrentKit.quiet(kmem, cache, queue.size());
      for (Item item : queue) {
        owners.gives(item.object, item.owner);
        cache.free(item.object);
      }
      ConcurrentKit.finish(kmem, cache);
      assertEquals(0, constructed.get());
      assertEquals(0, kmem.heldBytes());
    }
  }
}
