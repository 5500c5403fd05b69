package dev.slablab;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemScheduler;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** One Kmem under soak: caches of every type, general allocation, and the gate that makes points quiet. */
final class SoakWorld {
  private static final long LARGEST = 1 << 20;

  /** Read: something is under way. Written: quiet, but for slabs that are being built. Fair, so that quiet comes. */
  final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);
  /** Held by a pass of ageing, which reaps too where pressure is high. */
  private final ReentrantLock passing = new ReentrantLock();
  final LongAdder ageings = new LongAdder();
  final Kmem kmem;
  final List<CacheStock> caches = new ArrayList<>();
  final GeneralStock general;
  /** The caches, and general allocation once for each two of them. */
  final List<Stock> stocks = new ArrayList<>();

  SoakWorld() {
    AtomicLong stalled = new AtomicLong();
    kmem = Kmem.builder().scheduler(scheduler())
        .pressure(() -> stalled.addAndGet(System.nanoTime() & 0x3FFF_FFFF)) // half a second or so a look: now and then
        .tunable(Tunable.RANGE_SIZE, 4).tunable(Tunable.CACHE_DELAY, 300).tunable(Tunable.SLAB_DECAY, 50)
        .tunable(Tunable.POSSIBLE_CPUS, 4).build();
    general = new GeneralStock(kmem, LARGEST);
    ConstructorPlacement perSlab = ConstructorPlacement.PER_SLAB;
    ConstructorPlacement perAllocation = ConstructorPlacement.PER_ALLOCATION;
    add(null, CacheSpec.of("kvmem-24", 24).flags(CacheFlag.KVMEM));
    add(perSlab, CacheSpec.of("kvmem-200", 200).flags(CacheFlag.KVMEM));
    add(null, CacheSpec.of("kvmem-333-trailer", 333).flags(CacheFlag.KVMEM).layout(ObjectLayout.TRAILER));
    add(null, CacheSpec.of("kvmem-5000", 5000).flags(CacheFlag.KVMEM).align(64));
    add(null, CacheSpec.of("kvmem-300000", 300_000).flags(CacheFlag.KVMEM).objectsPerSlab(2));
    add(null, CacheSpec.of("slab-16", 16).flags(CacheFlag.SLAB));
    add(perSlab, CacheSpec.of("slab-96", 96).flags(CacheFlag.SLAB, CacheFlag.HWCACHE_ALIGN));
    add(null, CacheSpec.of("slab-160-debug", 160).flags(CacheFlag.SLAB, CacheFlag.RED_ZONE, CacheFlag.POISON));
    add(perAllocation, CacheSpec.of("slab-1504", 1504).flags(CacheFlag.SLAB));
    add(null, CacheSpec.of("slab-60000", 60_000).flags(CacheFlag.SLAB));
    add(null, CacheSpec.of("kmem-500", 500).flags(CacheFlag.KMEM));
    add(perAllocation, CacheSpec.of("kmem-9000", 9000).flags(CacheFlag.KMEM));
    add(perSlab, CacheSpec.of("vmem-1200", 1200).flags(CacheFlag.VMEM));
    add(null, CacheSpec.of("vmem-100000", 100_000).flags(CacheFlag.VMEM).objectsPerSlab(4));
    add(null, CacheSpec.of("offslab-2500", 2500).flags(CacheFlag.OFFSLAB));
    add(perSlab, CacheSpec.of("offslab-kmem-20000", 20_000).flags(CacheFlag.OFFSLAB, CacheFlag.KMEM));
    add(perAllocation, CacheSpec.of("kvmem-104-level-2", 104).flags(CacheFlag.KVMEM).debug(2));
    add(null, CacheSpec.of("slab-700-level-3", 700).flags(CacheFlag.SLAB).debug(3));
    kmem.tune(Tunable.GUARD_SAMPLE, 1);
    add(null, CacheSpec.of("vmem-2000-guarded", 2000).flags(CacheFlag.VMEM));
    kmem.tune(Tunable.GUARD_SAMPLE, 0);
    stocks.addAll(caches);
    for (int i = 0; i < caches.size() / 2; i++) {
      stocks.add(general);
    }
  }

  /** Every second cache's slabs are built by task threads. */
  private void add(ConstructorPlacement placement, CacheSpec spec) {
    kmem.tune(Tunable.GROW_IN_CALLER, caches.size() % 2);
    caches.add(new CacheStock(kmem, spec, placement));
  }

  /** Task threads as usual; what ages is counted, and is one more thing that quiet waits for. */
  private KmemScheduler scheduler() {
    KmemScheduler threads = KmemScheduler.threads(2);
    return new KmemScheduler() {
      @Override
      public void submit(Runnable task) {
        threads.submit(task);
      }

      @Override
      public void submit(Runnable task, long delayNanos) {
        threads.submit(() -> inside(() -> {
          ageings.increment();
          betweenPasses(task);
        }), delayNanos);
      }

      @Override
      public void close() {
        threads.close();
      }
    };
  }

  /** Does something that no point is quiet beside. */
  void inside(Runnable work) {
    under(gate.readLock(), work);
  }

  /** Does something that no pass of ageing is under way beside; it is a quiet point for what nobody else uses. */
  void betweenPasses(Runnable work) {
    under(passing, work);
  }

  private static void under(Lock lock, Runnable work) {
    lock.lock();
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }
}
