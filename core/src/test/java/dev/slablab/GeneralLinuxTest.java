package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.linux.LinuxGeometry;
import dev.slablab.page.Memory;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.OpenKmems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Linux's general caches: the published table of sizes, and what lies in them. */
@Timeout(60)
class GeneralLinuxTest {
  /** For pages of 4 KiB and lines of 64 bytes: no 96. */
  private static final long[] SIZES = {32, 64, 128, 192, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072,
    262144, 524288, 1048576, 2097152, 4194304};

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private Kmem open(long largest) {
    return kmems.open(Kmem.builder().tunables(Tunables.defaults().with(Tunable.GENERAL_CLASSES, 0)
        .with(Tunable.GENERAL_SLAB_LIMIT, 4 << 20).with(Tunable.GENERAL_LARGEST, largest).with(Tunable.NUMA_NODES, 1)));
  }

  /** The rows by name: object size, objects per slab, pages per slab. */
  private static Map<String, String> rows(Kmem kmem) {
    Map<String, String> rows = new LinkedHashMap<>();
    kmem.slabInfo(false).lines().skip(2).map(line -> line.trim().split(" +")).forEach(cell ->
        rows.put(cell[0], cell[3] + " " + cell[4] + " " + cell[5] + " " + cell[8] + " " + cell[9]));
    return rows;
  }

  @Test
  void theTableIsThePublishedOne() {
    Kmem kmem = open(4 << 20);
    List<Long> live = new ArrayList<>();
    for (long size : SIZES) {
      for (long asked : new long[] {size, size - 1, size / 2 + 1}) {
        long block = kmem.alloc(asked);
        long got = kmem.usableSize(block);
        assertEquals(LongStream.of(SIZES).filter(it -> it >= asked).min().orElseThrow(), got, "asked = " + asked);
        assertEquals(0, block % Math.min(64, Long.lowestOneBit(got)), "aligned to lines");
        Memory.fill(block, 1, (byte) 1);
        Memory.fill(block + got - 1, 1, (byte) 1);
        live.add(block);
      }
    }
    Map<String, String> rows = rows(kmem);
    assertEquals(LongStream.of(SIZES).mapToObj(size -> "size-" + size).collect(java.util.stream.Collectors.toSet()),
        rows.keySet());
    for (long size : SIZES) {
      LinuxGeometry geometry = LinuxGeometry.of("kernel", size, 0, Set.of(CacheFlag.HWCACHE_ALIGN), 1, 4096, 64, 2);
      assertEquals(geometry.objectBytes() + " " + geometry.objects() + " " + (1 << geometry.order()) + " "
          + geometry.limit() + " " + geometry.batch(), rows.get("size-" + size));
    }
    assertEquals("32 112 1 120 60", rows.get("size-32"), "as on any machine of that time");
    assertEquals("192 20 1 120 60", rows.get("size-192"));
    assertEquals("512 8 1 54 27", rows.get("size-512"));
    live.forEach(kmem::free);
    assertTrue(kmem.reap() > 0);
    assertEquals(0, kmem.heldBytes());
  }

  @Test
  void theTableEndsWhereItIsToEnd() {
    Kmem kmem = open(65_536);
    long last = kmem.alloc(65_536);
    long beyond = kmem.alloc(65_537);
    assertEquals(1, kmem.runs(), "a page run, not a failure");
    assertEquals(Set.of("size-65536", "size-64"), rows(kmem).keySet(), "and the descriptor's");
    kmem.free(last);
    kmem.free(beyond);
  }

  /**
   * Eight objects of 512 bytes fill a page: their descriptors of 48 + 32 bytes lie in size-128, whose own are on-slab.
   */
  @Test
  void descriptorsLieInTheGeneralCaches() {
    Kmem kmem = open(65_536);
    KmemCache cache = kmem.createCache(CacheSpec.of("outside", 512).flags(CacheFlag.SLAB));
    long[] live = new long[80];
    for (int i = 0; i < live.length; i++) {
      live[i] = cache.alloc();
    }
    KmemCache general = kmem.caches().stream().filter(it -> it.spec().name().equals("size-128")).findAny().orElse(null);
    assertNotNull(general, kmem.slabInfo(false));
    assertEquals(cache.stats().slabs().total(), general.stats().objects().inuse(), "one for each slab");
    assertTrue(general.spec().flags().contains(CacheFlag.HWCACHE_ALIGN));
    kmem.verify();
    long block = kmem.alloc(512); // whose cache has its descriptors there too
    assertEquals(cache.stats().slabs().total() + 1, general.stats().objects().inuse());
    kmem.free(block);
    for (long object : live) {
      cache.free(object);
    }
    cache.close();
    assertTrue(kmem.reap() > 0);
    assertEquals(0, general.stats().objects().inuse());
    assertEquals(0, kmem.heldBytes());
  }

  /** The check of the check: a descriptor that was freed under its slab is noticed. */
  @Test
  void aDescriptorFreedBySomebodyElseIsNoticed() {
    for (long slabLimit : new long[] {0, 4 << 20}) {
      Kmem kmem = kmems.open(Kmem.builder().tunables(Tunables.defaults().with(Tunable.NUMA_NODES, 1)
          .with(Tunable.GENERAL_SLAB_LIMIT, slabLimit)));
      KmemCache cache = kmem.createCache(CacheSpec.of("outside", 512).flags(CacheFlag.SLAB));
      long object = cache.alloc();
      kmem.verify();
      KmemCache general = kmem.caches().stream().filter(it -> it != cache).findAny().orElseThrow();
      long descriptor = 0;
      for (long at = kmem.source.base(dev.slablab.page.Area.OBJECTS); descriptor == 0; at += 8) {
        if (kmem.map.get(at) != null && kmem.map.get(at).handle == general && kmem.heap.isInUse(at, 80)) {
          descriptor = at;
        }
      }
      kmem.free(descriptor);
      KmemException e = assertThrows(KmemException.Corruption.class, cache::verify);
      assertTrue(e.getMessage().contains("descriptor " + Memory.hex(descriptor)), e.getMessage());
      general.reap(); // out of the array, into its slab, which goes
      assertThrows(KmemException.Corruption.class, cache::verify);
      assertTrue(object != 0);
      kmems.corrupted(kmem);
    }
  }
}
