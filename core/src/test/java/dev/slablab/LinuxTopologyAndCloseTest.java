package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import dev.slablab.testing.OpenKmems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The nodes an instance works with; a cache that is closed while others use and retune it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxTopologyAndCloseTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private static Tunables nodes(int nodes) {
    return Tunables.defaults().with(Tunable.NUMA_NODES, nodes).with(Tunable.SPL_KMEM_CACHE_EXPIRE, 0);
  }

  private static int nodesOfTheMachine() {
    try (Stream<Path> files = Files.list(Path.of("/sys/devices/system/node"))) {
      return (int) Math.max(1, files.filter(file -> file.getFileName().toString().matches("node\\d+"))
          .filter(file -> hasCpus(file.resolve("cpulist"))).count());
    } catch (IOException e) {
      return 1;
    }
  }

  private static boolean hasCpus(Path list) {
    try {
      return !Files.readString(list).isBlank();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void theMachinesNodesAreTaken() {
    Kmem kmem = kmems.open(Kmem.builder().tunables(nodes(0).with(Tunable.POSSIBLE_CPUS, 4096)));
    assertEquals(nodesOfTheMachine(), kmem.topology.nodes());
    assertEquals(4096, IntStream.range(0, kmem.topology.nodes()).map(kmem.topology::cpus).sum());
    assertTrue(kmem.topology.node() >= 0 && kmem.topology.node() < kmem.topology.nodes());
    KmemCache cache = kmem.createCache(CacheSpec.of("discovered", 100).flags(CacheFlag.SLAB));
    long[] objects = new long[1000];
    for (int i = 0; i < objects.length; i++) {
      objects[i] = cache.alloc();
    }
    cache.verify();
    for (long object : objects) {
      cache.free(object);
    }
    assertNotEquals(0, cache.reap());
    assertEquals(0, cache.stats().slabs().total());
  }

  /** Whoever comes late is told that the cache is closed; nothing else happens to anybody, and all memory goes back. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void closeBesideUseAndRetune(int nodes) throws InterruptedException {
    Kmem kmem = kmems.open(Kmem.builder().tunables(nodes(nodes)));
    long seed = ConcurrentKit.seed();
    for (int round = 0; round < ConcurrentKit.count(60, 2000); round++) {
      int spin = round * 20;
      int size = List.of(64, 600, 5000).get(round % 3);
      KmemCache cache = kmem.createCache(CacheSpec.of("closed", size).flags(CacheFlag.SLAB));
      ConcurrentKit.together(4, seed, index -> {
        try {
          for (int i = 0;; i++) {
            if (index == 0) {
              if (i == spin) {
                var _ = cache.closeLeaking();
                return;
              }
              Thread.onSpinWait();
            } else if (index == 1) {
              kmem.retune("closed " + (1 + i % 8) + " 1 " + i % 3);
            } else {
              cache.free(cache.alloc());
            }
          }
        } catch (KmemException.Usage e) {
          String message = String.valueOf(e.getMessage());
          assertTrue(index > 0 && (message.contains("the cache is closed") || message.contains("name = closed")),
              message);
        }
      });
      assertEquals(List.of(), kmem.caches().stream().filter(open -> open.spec().name().equals("closed")).toList());
      long _ = kmem.reap(); // slabs of descriptors
      assertEquals(0, kmem.heldBytes());
    }
  }
}
