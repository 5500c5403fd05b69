package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.KmemException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every damage is found and named; the undamaged twin is sound. */
@Timeout(60)
class LinuxVerifierTest {
  private interface Damage {
    void to(LinuxRig rig, LinuxSlab slab, List<Long> live);
  }

  private static Arguments damage(String found, int size, Damage damage) {
    return Arguments.of(found, size, damage);
  }

  static Stream<Arguments> damages() {
    return Stream.of(
        damage("a slab on the free list has 3 objects in use", 64, (rig, slab, live) -> {
          rig.one().partial.remove(slab);
          rig.one().free.addTail(slab);
        }),
        damage("the chain has", 64, (rig, slab, live) -> slab.inUse++),
        damage("free objects of node 0", 64, (rig, slab, live) -> rig.one().freeObjects++),
        damage("active objects of node 0", 64, (rig, slab, live) -> rig.one().active--),
        damage("list links are broken", 64, (rig, slab, live) -> slab.prev = slab),
        damage("belongs to something else in the page map", 64,
            (rig, slab, live) -> rig.map.set(slab.base, 4096, null)),
        damage("the chain of free objects reaches", 64, (rig, slab, live) ->
            Memory.putInt(slab.base + slab.colour + 48 + 4L * 30, 99)),
        damage("neither free nor in use", 64, (rig, slab, live) ->
            Memory.putInt(slab.base + slab.colour + 48, 5)),
        damage("is free in its slab as well", 64, (rig, slab, live) ->
            assertTrue(rig.magazines.push(slab.address(40)))),
        damage("stands in an array twice", 64, (rig, slab, live) -> {
          assertTrue(rig.magazines.push(live.get(0)));
          assertTrue(rig.magazines.push(live.get(0)));
        }),
        damage("is no object of this cache", 64, (rig, slab, live) ->
            assertTrue(rig.magazines.push(live.get(0) + 8))),
        damage("allocated - freed", 64, (rig, slab, live) -> rig.cache.exchange.directFrees.increment()),
        damage("up to the tail", 64, (rig, slab, live) -> rig.one().partial.size++),
        damage("is no block in use, or another's too", 512, (rig, slab, live) ->
            rig.cache.pages.descriptors.free(slab.outside, rig.geometry.descriptorBytes())));
  }

  private static LinuxRig rig(int size) {
    LinuxRig rig = new LinuxRig(size);
    rig.cache.retune(2, 1, 0); // three objects are out, nothing is in an array
    return rig;
  }

  @ParameterizedTest
  @MethodSource("damages")
  void isFoundAndNamed(String found, int size, Damage damage) {
    try (LinuxRig rig = rig(size)) {
      List<Long> live = rig.alloc(3);
      rig.cache.verify();
      LinuxSlab slab = rig.slab(live.get(0));
      damage.to(rig, slab, live);
      String message = assertThrows(KmemException.Corruption.class, rig.cache::verify).getMessage();
      assertTrue(message.contains(found) && message.contains("cache = rig"), message);
    }
  }
}
