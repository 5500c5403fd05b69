package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.CacheFlag;
import dev.slablab.testing.Sources;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Descriptor, chain of free objects, red zones and last user lie where the pictures say. */
class DescriptorTest {
  private static String source(String name) {
    return Sources.below("src/main/java").get("dev/slablab/linux/" + name + ".java");
  }

  @Test
  void numbersAsDrawn() {
    assertTrue(source("LinuxSlab").contains("| " + LinuxGeometry.DESCRIPTOR_BYTES + " bytes, modelled | link 0 |"));
    assertEquals(Integer.BYTES, LinuxGeometry.LINK_BYTES, "a four-byte index");
    String object = "| red zone 8 | requested size, up to a word | red zone 8 | last user 8 |";
    assertTrue(source("LinuxGeometry").contains(object));
    assertEquals(8, LinuxGeometry.WORD);
  }

  /** 64 B: the descriptor is on the slab; 1024 B and 2048 B: in a general cache's object, unless it costs nothing. */
  @ParameterizedTest
  @ValueSource(ints = {64, 200, 1024, 2048, 3000})
  void chainLiesBehindTheDescriptor(int size) {
    try (LinuxRig rig = new LinuxRig(size)) {
      LinuxGeometry shape = rig.geometry;
      long first = rig.alloc();
      LinuxSlab slab = rig.slab(first);
      assertEquals(shape.offSlab(), slab.outside != 0);
      assertEquals(shape.offSlab() ? 1 : 0, rig.descriptors);
      long descriptor = shape.offSlab() ? slab.outside : slab.base + slab.colour;
      long chain = descriptor + 48;
      for (int i = 0; i < shape.objects(); i++) {
        int next = i + 1 < shape.objects() ? i + 1 : LinuxSlab.END;
        assertEquals(i < slab.inUse ? LinuxSlab.LIVE : next, Memory.getInt(chain + 4L * i), "link " + i);
      }
      assertEquals(48 + 4 * shape.objects(), shape.descriptorBytes());
      long objects = slab.base + slab.colour + shape.firstObject();
      assertEquals(objects, slab.address(0));
      assertTrue(shape.offSlab() ? shape.firstObject() == 0 : objects >= chain + 4L * shape.objects(),
          "nothing overlaps");
      assertTrue(slab.address(shape.objects() - 1) + shape.objectBytes() <= slab.base + shape.slabBytes());
      rig.free(first);
    }
  }

  @Test
  void bothKindsAreThere() {
    assertTrue(LinuxGeometry.of("x", 2048, 0, java.util.Set.of(), 1, 4096, 64, 2).offSlab());
    assertTrue(!LinuxGeometry.of("x", 64, 0, java.util.Set.of(), 1, 4096, 64, 2).offSlab());
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 20, 100})
  void redZonesAndUserSurroundTheObject(int size) {
    try (LinuxRig rig = new LinuxRig(size, CacheFlag.RED_ZONE, CacheFlag.STORE_USER)) {
      long object = rig.alloc();
      var allocated = rig.cache.atAllocation(null);
      assertTrue(allocated != null);
      allocated.construct(object, null, dev.slablab.spec.AllocMode.SLEEP);
      int bytes = (size + 7) / 8 * 8;
      assertEquals(SlabDebug.ACTIVE, Memory.getLong(object - 8));
      assertEquals(SlabDebug.ACTIVE, Memory.getLong(object + bytes));
      assertTrue(Memory.getLong(object + bytes + 8) != 0, "the last user");
      assertEquals(8 + bytes + 8 + 8, rig.geometry.objectBytes());
      rig.free(object);
      assertEquals(SlabDebug.INACTIVE, Memory.getLong(object - 8));
      assertEquals(SlabDebug.INACTIVE, Memory.getLong(object + bytes));
    }
  }
}
