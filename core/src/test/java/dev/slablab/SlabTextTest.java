package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheState;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.Generation;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The text of {@code /proc/spl/kmem/slab}, character by character. */
@Timeout(20)
class SlabTextTest {
  private static final String HEADER =
      "--------------------- cache -------------------------------------------------------"
          + "  ----- slab ------  ---- object -----  --- emergency ---\n"
          + "name                                    flags      size     alloc slabsize  objsize"
          + "  total alloc   max  total alloc   max  dlock alloc   max\n";

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private final ManualScheduler tasks = new ManualScheduler();
  private final ManualClock clock = new ManualClock();

  private Kmem open() {
    return kmems.openTimed(Kmem.builder().tunables(Tunables.defaults().with(Tunable.GROW_IN_CALLER, 0)).scheduler(tasks)
        .clock(clock));
  }

  private static CacheSpec buffers() {
    return CacheSpec.of("buffers", 20_000).layout(ObjectLayout.TRAILER);
  }

  @Test
  void headerAndRowsAre140Wide() {
    Kmem kmem = open();
    assertEquals(HEADER, kmem.slabText());
    kmem.createCache(buffers());
    kmem.createCache(CacheSpec.of("a name of thirty-six characters long", 100_000));
    List<String> lines = kmem.slabText().lines().toList();
    assertEquals(4, lines.size());
    for (String line : lines) {
      assertEquals(140, line.length(), line);
    }
    assertTrue(kmem.slabText().endsWith("\n"));
  }

  @Test
  void rowsFollowTheOrderOfCreation() {
    Kmem kmem = open();
    for (String name : new String[] {"zio", "abd", "zio", "dnode"}) {
      kmem.createCache(CacheSpec.of(name, 20_000));
    }
    assertEquals(List.of("zio", "abd", "zio", "dnode"),
        kmem.slabText().lines().skip(2).map(line -> line.substring(0, line.indexOf(' '))).toList());
  }

  @Test
  void aRowTellsEveryFigure() {
    Kmem kmem = open();
    KmemCache cache = kmem.createCache(buffers());
    row(kmem, "buffers                               0x00080         0         0   160384    20000"
        + "      0     0     0      0     0     0      0     0     0");
    long emergency = cache.alloc(AllocMode.NOSLEEP);
    row(kmem, "buffers                               0x08080         0         0   160384    20000"
        + "      0     0     0      1     0     0      0     1     1");
    tasks.runAll();
    long object = cache.alloc(); // the refill takes the whole slab: size, alloc and both maxima follow
    row(kmem, "buffers                               0x00080    160384    160000   160384    20000"
        + "      1     1     1      9     8     8      0     1     1");
    cache.free(emergency);
    cache.free(object);
    row(kmem, "buffers                               0x00080    160384    160000   160384    20000"
        + "      1     1     1      8     8     8      0     0     1");
    cache.reap();
    row(kmem, "buffers                               0x00080         0         0   160384    20000"
        + "      0     0     1      0     0     8      0     0     1");
  }

  private static void row(Kmem kmem, String expected) {
    assertEquals(HEADER + expected + "\n", kmem.slabText());
  }

  @Test
  void flagBits() {
    Kmem kmem = open();
    KmemCache plain = kmem.createCache(buffers());
    KmemCache explicit = kmem.createCache(buffers().flags(CacheFlag.KVMEM));
    KmemCache nodebug = kmem.createCache(buffers().flags(CacheFlag.NODEBUG));
    KmemCache reclaimable = kmem.createCache(buffers().flags(CacheFlag.RECLAIMABLE));
    KmemCache all = kmem.createCache(buffers().flags(CacheFlag.KVMEM, CacheFlag.NODEBUG, CacheFlag.RECLAIMABLE));
    assertEquals(List.of("0x00080", "0x00080", "0x00082", "0x200080", "0x200082"), flags(kmem));
    for (KmemCache cache : new KmemCache[] {plain, explicit, nodebug, reclaimable, all}) {
      cache.close();
    }
  }

  private static List<String> flags(Kmem kmem) {
    return kmem.slabText().lines().skip(2).map(line -> line.substring(38).split(" ", 2)[0]).toList();
  }

  @Test
  void growingAndDeadlocked() throws InterruptedException {
    Kmem kmem = open();
    KmemCache cache = kmem.createCache(buffers());
    List<Long> got = new ArrayList<>();
    Thread sleeper = Thread.ofPlatform().start(() -> got.add(cache.alloc()));
    clock.awaitWaiters(1); // for the grow task, which nobody runs
    assertEquals(List.of("0x08080"), flags(kmem), "GROWING");
    clock.advance(99_999_999);
    assertEquals(Set.of(CacheState.GROWING), cache.stats().states());
    clock.advance(1);
    sleeper.join();
    assertEquals(List.of("0x0c080"), flags(kmem), "GROWING and DEADLOCKED");
    row(kmem, "buffers                               0x0c080         0         0   160384    20000"
        + "      0     0     0      1     0     0      1     1     1");
    tasks.runAll();
    assertEquals(List.of("0x00080"), flags(kmem), "a growth succeeded");
    cache.free(got.getFirst());
  }

  @Test
  void reapingAndDestroy() {
    Kmem kmem = open();
    List<String> seen = new ArrayList<>();
    KmemCache cache = kmem.createCache(buffers().hooks(null, (object, priv) -> seen.addAll(flags(kmem)), null,
        ConstructorPlacement.PER_SLAB));
    cache.free(cache.alloc(AllocMode.NOSLEEP));
    assertEquals(List.of("0x08080"), seen, "an emergency object's destructor runs at its free");
    seen.clear();
    tasks.runAll();
    cache.reap();
    assertEquals(List.of("0x10080"), seen.stream().distinct().toList(), "REAPING");
    seen.clear();
    cache.free(cache.alloc(AllocMode.NOSLEEP));
    tasks.runAll();
    seen.clear();
    cache.close();
    assertEquals(List.of("0x20080"), seen.stream().distinct().toList(), "DESTROY");
    assertEquals(HEADER, kmem.slabText());
  }

  @Test
  void bitsAreTheOriginals() {
    for (Generation head : new Generation[] {Generation.SLABLAB, Generation.HEAD}) {
      assertEquals(0x2, CacheFlag.NODEBUG.bit(head));
      assertEquals(0x80, CacheFlag.KVMEM.bit(head));
      assertEquals(0x100, CacheFlag.SLAB.bit(head));
      assertEquals(0x200000, CacheFlag.RECLAIMABLE.bit(head));
      assertEquals(0, CacheFlag.OFFSLAB.bit(head), "SLAB's");
    }
    Map<CacheFlag, Integer> old = Map.of(CacheFlag.NOTOUCH, 0x1, CacheFlag.NODEBUG, 0x2, CacheFlag.KMEM, 0x20,
        CacheFlag.VMEM, 0x40, CacheFlag.SLAB, 0x80, CacheFlag.OFFSLAB, 0x100, CacheFlag.NOEMERGENCY, 0x200);
    for (CacheFlag flag : CacheFlag.values()) {
      assertEquals(old.getOrDefault(flag, 0), flag.bit(Generation.OLD), flag.name());
    }
    EnumSet.range(CacheFlag.HWCACHE_ALIGN, CacheFlag.PANIC).forEach(flag ->
        assertEquals(0, flag.bit(Generation.HEAD), "Linux's own"));
    assertEquals(0x4000, CacheState.DEADLOCKED.bit());
    assertEquals(0x8000, CacheState.GROWING.bit());
    assertEquals(0x10000, CacheState.REAPING.bit());
    assertEquals(0x20000, CacheState.DESTROY.bit());
  }
}
