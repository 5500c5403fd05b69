package dev.slablab;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.slablab.page.Memory;
import dev.slablab.percpu.Magazines;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.MagazinePlacement;
import dev.slablab.testing.HookVariant;
import dev.slablab.testing.Live;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import dev.slablab.testing.RecordingHooks;
import dev.slablab.testing.Variant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The contract in short, as a program that {@link ModesTest} runs in JVMs of many kinds: every allocator, layout,
 * placement of magazines and constructors, and page source. It prints what JVM it is in, and in the end its operations;
 * it ends with an exception when anything is wrong. With the argument {@code broken} something is.
 */
public final class ModesContract {
  private static final int STEPS = Variant.FULL ? 200 : 100;
  private static final int HANDED = STEPS;
  /** Blocks of general allocation grow by this factor. */
  private static final int FACTOR = Variant.FULL ? 3 : 7;
  private static final long[] SIZES = {8, 100, 700, 3000, 9000};
  private static final int[] ALIGNS = {8, 64, 4096};

  private final Random random = new Random(25);
  private final boolean broken;
  private long operations;

  private ModesContract(boolean broken) {
    this.broken = broken;
  }

  /** One instance: all is done with each of its caches, then everything must be gone. */
  private void instance(Kmem kmem, HookVariant variant, int turn) throws InterruptedException {
    CacheSpec spec = CacheSpec.of("plain", SIZES[turn % SIZES.length]).align(ALIGNS[turn % ALIGNS.length]);
    RecordingHooks hooks = new RecordingHooks();
    try (KmemCache plain = kmem.createCache(spec);
        KmemCache hooked = kmem.createCache(hooks.on(CacheSpec.of("hooked", spec.size()), variant.placement()));
        KmemCache checked = kmem.createCache(CacheSpec.of("checked", spec.size()).flags(CacheFlag.RED_ZONE,
            CacheFlag.POISON, CacheFlag.STORE_USER))) {
      for (KmemCache cache : List.of(plain, hooked, checked)) {
        churn(cache);
      }
      handOver(plain);
      bulk(plain);
      virtual(plain);
      general(kmem);
      OpenKmems.check(kmem);
      if (kmem.slabText().isBlank() || kmem.slabInfo(true).isBlank() || kmem.heldBytes() <= 0) {
        throw new AssertionError("no figures");
      }
      kmem.reap();
      OpenKmems.check(kmem);
      if (broken) {
        long object = plain.alloc();
        plain.free(object);
        plain.free(object);
        kmem.verify();
      }
    }
    hooks.check(0);
    kmem.close();
    if (kmem.heldBytes() != 0) {
      throw new AssertionError("bytes held after close = " + kmem.heldBytes());
    }
  }

  /** Objects come and go at random, each with a pattern of its own. */
  private void churn(KmemCache cache) {
    Live live = new Live();
    for (int step = 0; step < STEPS; step++) {
      if (live.size() == 0 || random.nextInt(5) < 3) {
        live.alloc(cache, AllocMode.values()[random.nextInt(AllocMode.values().length)]);
      } else {
        live.freeAny(random);
      }
      if (step % 50 == 49) {
        cache.reap();
      }
    }
    live.freeAll();
    operations += 2 * STEPS;
  }

  /** One thread allocates, another frees. */
  private void handOver(KmemCache cache) throws InterruptedException {
    ArrayBlockingQueue<Long> queue = new ArrayBlockingQueue<>(64);
    long size = cache.spec().size();
    List<Throwable> thrown = new ArrayList<>();
    Thread consumer = Thread.ofPlatform().start(() -> {
      try {
        for (int i = 0; i < HANDED; i++) {
          long object = queue.take();
          Pattern.check(object, size, i);
          cache.free(object);
        }
      } catch (Throwable e) {
        thrown.add(e);
      }
    });
    for (int i = 0; i < HANDED && consumer.isAlive(); i++) {
      long object = cache.alloc();
      Pattern.fill(object, size, i);
      queue.put(object);
    }
    consumer.join();
    if (!thrown.isEmpty()) {
      throw new AssertionError("the other thread failed", thrown.getFirst());
    }
    operations += 2 * HANDED;
  }

  private void bulk(KmemCache cache) {
    long[] objects = new long[STEPS];
    int n = cache.alloc(objects, 0, STEPS, AllocMode.SLEEP);
    cache.free(objects, 0, n);
    operations += 2L * n;
  }

  private void virtual(KmemCache cache) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(Thread.startVirtualThread(() -> {
        long[] objects = new long[10];
        for (int k = 0; k < objects.length; k++) {
          objects[k] = cache.alloc();
          Thread.yield();
        }
        for (long object : objects) {
          cache.free(object);
        }
      }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    operations += 80;
  }

  /** Blocks of any size; a page run, and an arena. */
  private void general(Kmem kmem) {
    for (long size = 1; size <= 200_000; size *= FACTOR) {
      long block = kmem.alloc(size);
      Pattern.fill(block, size, size);
      Pattern.check(block, size, size);
      long first = size < 8 ? 0 : Memory.getLong(block);
      block = kmem.realloc(block, 2 * size);
      if (size >= 8 && Memory.getLong(block) != first) {
        throw new AssertionError("lost by realloc: " + size);
      }
      kmem.free(block);
      long zeroed = kmem.allocZeroed(size + 8);
      if (Memory.getLong(zeroed) != 0) {
        throw new AssertionError("not zero: " + size);
      }
      kmem.free(zeroed);
      operations += 5;
    }
    try (Arena arena = kmem.arena()) {
      arena.allocateFrom("words");
    }
  }

  /** What JVM this is, and what works in it. */
  private static String facts() {
    String collector = Stream.of("Serial", "Parallel", "G1", "Z", "Shenandoah", "Epsilon")
        .filter(name -> option("Use" + name + "GC").equals("true")).findAny().orElse("?");
    try (Kmem kmem = Kmem.create()) {
      return "gc=" + collector + ", compact headers=" + option("UseCompactObjectHeaders")
          + ", tiered stop=" + option("TieredStopAtLevel") + ", " + System.getProperty("java.vm.info")
          + ", cpus=" + Runtime.getRuntime().availableProcessors() + ", rseq=" + rseq() + ", " + Magazines.support()
          + ", " + Magazines.placementInUse(MagazinePlacement.BIASED) + ", " + kmem.pageSource() + ", huge pages="
          + hugePages();
    }
  }

  /** A switch of this JVM; some builds lack some collectors. */
  private static String option(String name) {
    try {
      return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).getVMOption(name).getValue();
    } catch (IllegalArgumentException e) {
      return "none";
    }
  }

  /** Whether the kernel took the advice for any range of this process: {@code hg} among the flags of a mapping. */
  private static String hugePages() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/smaps"))) {
      List<String> flags = lines.filter(line -> line.startsWith("VmFlags:")).toList();
      return flags.isEmpty() || !Files.exists(Path.of("/sys/kernel/mm/transparent_hugepage")) ? "unknown"
          : flags.stream().anyMatch(line -> (line + " ").contains(" hg ")) ? "taken" : "none";
    } catch (IOException | UncheckedIOException e) {
      return "unknown";
    }
  }

  /** Whether the C library registered restartable sequences, from which it tells the CPU without a call. */
  @SuppressWarnings("restricted") // a variable of the C library
  private static String rseq() {
    return Linker.nativeLinker().defaultLookup().find("__rseq_size").map(it -> it.reinterpret(4))
        .map((MemorySegment it) -> it.get(ValueLayout.JAVA_INT, 0) == 0 ? "off" : "on").orElse("unknown");
  }

  /**
   * All of them if asked to; else each variant with one placement of constructors, in turn, and at debug level 3 one of
   * KVMEM and one of the Linux slab.
   */
  static List<HookVariant> variants() {
    List<HookVariant> all = HookVariant.all();
    List<HookVariant> levelled = HookVariant.levels().stream().filter(it -> it.variant().level() == 3).toList();
    return Stream.concat(
        IntStream.range(0, all.size()).filter(i -> Variant.FULL || i % 4 == 0 || i % 4 == 3).mapToObj(all::get),
        levelled.stream().filter(it -> Variant.FULL || it == levelled.getFirst() || it == levelled.getLast())).toList();
  }

  /** The program. */
  public static void main(String[] args) throws InterruptedException {
    System.out.println("mode: " + facts());
    ModesContract contract = new ModesContract(args.length > 0 && args[0].equals("broken"));
    int turn = 0;
    for (HookVariant variant : variants()) {
      contract.instance(variant.variant().builder().build(), variant, turn++);
    }
    contract.instance(Kmem.create(), HookVariant.all().getFirst(), turn); // as this JVM's properties say
    System.out.println("instances=" + (turn + 1) + " operations=" + contract.operations);
  }
}
