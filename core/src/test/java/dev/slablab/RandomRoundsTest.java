package dev.slablab;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.Live;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Seeds;
import dev.slablab.testing.Variant;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A3: a hundred random caches a kind, each used at random. */
class RandomRoundsTest {
  private static final int ROUNDS = 100;
  private static final int PAGE = 4096;
  private static final int MIB = 1 << 20;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void randomSmallRounds(Variant variant) {
    Seeds.run(random -> {
      Kmem kmem = kmems.open(variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2));
      for (int round = 0; round < ROUNDS; round++) {
        round(kmem, random, 32 + random.nextInt(PAGE - 31), 1 + random.nextInt(300));
      }
    });
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#contract")
  void randomLargeRounds(Variant variant) {
    Seeds.run(random -> {
      Kmem kmem = kmems.open(variant.builder().tunable(Tunable.MAGAZINE_DEPOT, 2));
      for (int round = 0; round < ROUNDS; round++) {
        // Even over the logarithm: half the sizes would be above 8 MiB otherwise.
        long size = (long) (PAGE * Math.pow(16.0 * MIB / PAGE, random.nextDouble()));
        round(kmem, random, size, 1 + random.nextInt(Math.clamp(16 * MIB / size, 1, 16)));
      }
    });
  }

  private static void round(Kmem kmem, Random random, long size, int objects) {
    CacheSpec spec = CacheSpec.of("round", size)
        .align(8 << random.nextInt(10))
        .objectsPerSlab(size > MIB ? 1 + random.nextInt(2) : random.nextInt(12));
    CacheFlag[] types = {CacheFlag.KVMEM, CacheFlag.VMEM, CacheFlag.SLAB, CacheFlag.KMEM, CacheFlag.OFFSLAB};
    int most = size <= MIB / 4 ? types.length : size <= 4 * MIB ? 3 : 2;
    int type = random.nextInt(most + 1);
    spec = type < most ? spec.flags(types[type]) : spec;
    // A KMEM slab of a few is half as long as they need, and may hold none.
    spec = size <= MIB && kmem.tunables().get(Tunable.SPL_KMEM_CACHE_KMEM_LIMIT) > 0
        || spec.flags().contains(CacheFlag.KMEM) ? spec.objectsPerSlab(8) : spec;
    spec = random.nextBoolean() ? spec.flags(CacheFlag.NODEBUG) : spec;
    spec = random.nextBoolean() ? spec.flags(CacheFlag.RECLAIMABLE) : spec;
    ConstructorPlacement placement = ConstructorPlacement.values()[random.nextInt(2)];
    AtomicLong balance = new AtomicLong();
    if (random.nextBoolean()) {
      spec = spec.hooks((o, priv, mode) -> balance.incrementAndGet(), (o, priv) -> balance.decrementAndGet(), null,
          placement);
    }
    KmemCache cache = kmem.createCache(spec);
    Live live = new Live();
    for (int i = 0; i < objects; i++) {
      live.alloc(cache, random.nextBoolean() ? AllocMode.SLEEP : AllocMode.PUSHPAGE);
      if (random.nextInt(4) == 0) {
        live.freeAny(random);
      }
    }
    cache.verify();
    live.freeAll();
    cache.verify();
    cache.close();
    if (balance.get() != 0) {
      throw new AssertionError("constructed - destroyed = " + balance.get() + " for " + spec);
    }
  }
}
