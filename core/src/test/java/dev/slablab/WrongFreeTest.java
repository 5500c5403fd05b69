package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Frees of addresses that are no objects in use. Without debugging a magazine takes any address inside the objects'
 * range; it is found when it reaches its slab, at the latest by the reap these tests call.
 */
class WrongFreeTest {
  private static final CacheSpec SPEC = CacheSpec.of("mine", 100).objectsPerSlab(8);

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void doubleFree(Variant variant) {
    KmemCache cache = broken(kmems.open(variant.builder()));
    long keep = cache.alloc();
    long object = cache.alloc();
    cache.free(object);
    found(cache, object, "double free", () -> {
      cache.free(object);
      cache.reap();
    });
    cache.free(keep);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void doubleFreeIsFoundByAFlushToo(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = broken(kmem);
    if (variant.linux()) { // the bottom of the shared array stays where it is
      kmem.retune("mine 120 60 0");
    }
    long[] live = new long[2 * cache.stats().magazineSize() * kmem.cpus()];
    for (int i = 0; i < live.length; i++) {
      live[i] = cache.alloc();
    }
    cache.free(live[0]);
    found(cache, live[0], "double free", () -> {
      for (long object : live) {
        cache.free(object);
      }
    });
  }

  /** The object that was meant leaked, and the report says both. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void aLeakTellsOfTheWrongFreeThatMadeIt(Variant variant) {
    KmemCache cache = broken(kmems.open(variant.builder()));
    long object = cache.alloc();
    cache.free(object + 8);
    KmemException.Leak leak = assertThrows(KmemException.Leak.class, cache::close);
    assertEquals(KmemException.Corruption.class, leak.getSuppressed()[0].getClass());
    String wrong = "\n  found besides: " + leak.getSuppressed()[0];
    assertTrue(leak.getMessage().endsWith(wrong) && wrong.contains("not the start of an object"), leak.getMessage());
    cache.free(object);
  }

  /** One of the two lies in the node's shared array, the other in a CPU's; a slab sees neither before the reap. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#linuxes")
  void doubleFreeOfAnObjectInTheSharedArray(Variant variant) {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.POSSIBLE_CPUS, 4).tunable(Tunable.NUMA_NODES, 1));
    KmemCache cache = broken(kmem);
    assertEquals(120, cache.stats().magazineSize());
    kmem.retune("mine 2 2 100");
    long[] live = new long[100];
    for (int i = 0; i < live.length; i++) {
      live[i] = cache.alloc();
    }
    for (int i = 0; i < 60; i++) { // CPU arrays of two: 4 × 5 of them take 40 at most
      cache.free(live[i]);
    }
    cache.verify();
    cache.free(live[0]);
    String twice = assertThrows(KmemException.Corruption.class, cache::verify).getMessage();
    assertTrue(twice.contains("cache = mine") && twice.contains(Long.toHexString(live[0])), twice);
    found(cache, live[0], "double free", cache::reap);
    for (int i = 60; i < live.length; i++) {
      cache.free(live[i]);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void interiorAddress(Variant variant) {
    KmemCache cache = broken(kmems.open(variant.builder()));
    long object = cache.alloc();
    // Before an object of OFFSLAB is another page, perhaps nobody's.
    for (long offset : new long[] {1, 8, 64, 99, variant.type() == CacheType.OFFSLAB ? 16 : -8}) {
      found(cache, object + offset, "not the start of an object", () -> {
        cache.free(object + offset);
        cache.reap();
      });
    }
    cache.free(object);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void objectOfAnotherCache(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache other = kmem.createCache(CacheSpec.of("theirs", 100));
    KmemCache cache = broken(kmem);
    long object = other.alloc();
    Pattern.fill(object, 100, 1);
    found(cache, object, "belongs to cache theirs", () -> {
      cache.free(object);
      cache.reap();
    });
    Pattern.check(object, 100, 1);
    other.free(object); // the owner never noticed
    other.reap();
    other.verify();
    assertEquals(0, other.stats().slabs().total());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void addressOfASlabThatIsGone(Variant variant) {
    KmemCache cache = broken(kmems.open(variant.builder()));
    long object = cache.alloc();
    cache.free(object);
    cache.reap();
    found(cache, object, "no object of this allocator, or its slab has been returned", () -> {
      cache.free(object);
      cache.reap();
    });
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void wildAddressesAreRefusedAtOnce(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(SPEC);
    long object = cache.alloc();
    for (long wild : new long[] {0, 1, 8, 4096, -1, -8, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 48, object ^ 1L << 47}) {
      found(cache, wild, "no object of this allocator", () -> cache.free(wild));
    }
    cache.free(object);
    cache.verify(); // nothing was taken in
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#splLevels")
  void emergencyAddressesAreCheckedAtOnce(Variant variant) {
    ManualScheduler tasks = new ManualScheduler();
    Kmem kmem = kmems.open(variant.builder().scheduler(tasks));
    KmemCache cache = kmem.createCache(CacheSpec.of("mine", 5000));
    KmemCache other = kmem.createCache(CacheSpec.of("theirs", 5000));
    long object = cache.alloc(AllocMode.NOSLEEP);
    long gone = cache.alloc(AllocMode.NOSLEEP);
    long foreign = other.alloc(AllocMode.NOSLEEP);
    cache.free(gone);
    found(cache, gone, "no object of this allocator", () -> cache.free(gone));
    found(cache, foreign, "belongs to cache theirs", () -> cache.free(foreign));
    found(cache, object + 8, "inside an emergency object", () -> cache.free(object + 8));
    found(cache, object + 4096, "inside an emergency object", () -> cache.free(object + 4096));
    cache.free(object);
    other.free(foreign);
    tasks.runAll();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void aWrongFreeIsFoundAtCloseAtTheLatest(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = broken(kmem);
    long object = cache.alloc();
    cache.free(object);
    found(cache, object, "double free", () -> {
      cache.free(object);
      cache.close();
    });
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void oneWrongFreeHindersNoOtherMagazine(Variant variant) throws Exception {
    Kmem kmem = kmems.open(variant.builder().tunable(Tunable.POSSIBLE_CPUS, 4));
    KmemCache cache = broken(kmem);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      // Every thread frees an object of its own into its magazine, most of them twice.
      onEveryThread(threads, () -> {
        long object = cache.alloc();
        cache.free(object);
        cache.free(object);
      });
      assertThrows(KmemException.Corruption.class, cache::reap);
      assertEquals(0, cache.stats().objects().inMagazines(), "the magazines behind the bad one are emptied too");
      onEveryThread(threads, () -> {
        long object = cache.alloc();
        cache.free(object);
        cache.free(object);
      });
      assertThrows(KmemException.Corruption.class, cache::closeLeaking);
      assertEquals(0, kmem.heldBytes());
      onEveryThread(threads, () -> assertThrows(KmemException.Usage.class, cache::alloc, "memory that is gone"));
    }
  }

  /** Runs an action on each of eight threads, one after the other, so that nothing is busy. */
  private static void onEveryThread(ExecutorService threads, Runnable action) throws Exception {
    CyclicBarrier together = new CyclicBarrier(8); // so that no thread serves twice
    ReentrantLock turn = new ReentrantLock();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      all.add(threads.submit(() -> {
        together.await();
        turn.lock();
        try {
          action.run();
        } finally {
          turn.unlock();
        }
        return null;
      }));
    }
    for (Future<?> one : all) {
      one.get();
    }
  }

  /** A cache that will be broken: its instance is not verified afterwards. */
  private KmemCache broken(Kmem kmem) {
    kmems.corrupted(kmem);
    return kmem.createCache(SPEC);
  }

  private static void found(KmemCache cache, long address, String what, Executable wrong) {
    String message = assertThrows(KmemException.Corruption.class, wrong).getMessage();
    assertTrue(message.contains("cache = " + cache.spec().name()), message);
    assertTrue(message.contains("address = 0x" + Long.toHexString(address)), message);
    assertTrue(message.contains(what), message);
  }
}
