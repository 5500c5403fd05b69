package dev.slablab.spl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.ObjectLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The seed's layout tells when a caller wrote beyond an object: at its free, or when its neighbour is taken. */
class TrailerTest {
  private static final int SIZE = 100;
  private static final int TRAILER = 104;

  @Test
  void modelledSizesAreTheOriginals() {
    assertEquals(SplGeometry.TRAILER_BYTES, ObjectTrailer.BYTES);
    assertEquals(40, ObjectTrailer.BYTES);
    assertEquals(64, SlabHeader.BYTES);
    assertTrue(SlabHeader.OBJECTS + Long.BYTES <= SlabHeader.BYTES);
  }

  @ParameterizedTest
  @ValueSource(ints = {ObjectTrailer.OBJECT, ObjectTrailer.STATE, ObjectTrailer.SLAB})
  void anOverwrittenTrailerIsFoundWhenTheObjectIsFreed(int field) {
    try (SplRig rig = new SplRig(ObjectLayout.TRAILER, SIZE, 8, 4)) {
      long object = rig.alloc();
      long was = Memory.getLong(object + TRAILER + field);
      Memory.putLong(object + TRAILER + field, 0x4141414141414141L); // what a string one word too long does
      rig.free(object);
      KmemException.Corruption found = assertThrows(KmemException.Corruption.class, rig.cache::reap);
      assertTrue(found.getMessage().contains("cache = rig, address = 0x" + Long.toHexString(object)),
          found.getMessage());
      assertTrue(found.getMessage().contains("overwritten trailer"), found.getMessage());
      assertTrue(found.getMessage().contains("beyond the object's end"), found.getMessage());
      Memory.putLong(object + TRAILER + field, was);
      assertEquals(null, rig.cache.lists.put(object), "nothing was changed by the free that failed");
      rig.cache.verify();
      rig.cache.reap();
      assertEquals(0, rig.source.heldBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {ObjectTrailer.OBJECT, ObjectTrailer.STATE, ObjectTrailer.SLAB, ObjectTrailer.NEXT})
  void anOverwrittenTrailerIsFoundWhenTheObjectIsTaken(int field) {
    try (SplRig rig = new SplRig(ObjectLayout.TRAILER, SIZE, 8, 2)) { // batches of 1
      long object = rig.alloc();
      long next = object + rig.cache.geometry.stride();
      Memory.putLong(next + TRAILER + field, 0x4141414141414141L);
      String message = assertThrows(KmemException.Corruption.class, rig::alloc).getMessage();
      assertTrue(message.contains("cache = rig, address = 0x" + Long.toHexString(next)), message);
      assertTrue(message.contains("the trailer of a free object was overwritten"), message);
    }
  }

  @Test
  void aWriteAfterFreeIntoTheListIsFound() {
    try (SplRig rig = new SplRig(ObjectLayout.TRAILER, SIZE, 8, 2)) {
      List<Long> o = rig.alloc(3);
      o.forEach(rig::free); // the first went back to its slab
      Memory.putLong(o.get(0) + TRAILER + ObjectTrailer.NEXT, o.get(0)); // a ring
      rig.alloc(2);
      assertEquals(o.get(0), rig.alloc());
      assertThrows(KmemException.Corruption.class, rig::alloc);
    }
  }

  @Test
  void objectsTakenBeforeTheDamageAreNotLost() {
    // A batch of 4 takes two sound objects before it meets the damage: they must stay somewhere.
    try (SplRig rig = new SplRig(ObjectLayout.TRAILER, SIZE, 8, 8)) {
      long object = rig.alloc();
      Slab slab = rig.slab(object);
      List<Long> live = new ArrayList<>(rig.alloc(3));
      live.add(object);
      long victim = slab.address(6) + TRAILER;
      long was = Memory.getLong(victim + ObjectTrailer.STATE);
      Memory.putLong(victim + ObjectTrailer.STATE, 0);
      for (int i = 0; i < 4; i++) { // sooner or later somebody must be told
        try {
          live.add(rig.alloc());
        } catch (KmemException.Corruption e) {
          break;
        }
      }
      Memory.putLong(victim + ObjectTrailer.STATE, was);
      rig.cache.verify();
      live.forEach(rig::free);
      rig.cache.reap();
      assertEquals(0, rig.cache.lists.objAlloc, "objects that nobody holds");
      assertEquals(0, rig.source.heldBytes());
    }
  }

  @Test
  void oneBadObjectKeepsNoOtherFromGoingBack() {
    try (SplRig rig = new SplRig(ObjectLayout.TRAILER, SIZE, 8, 8)) {
      List<Long> o = rig.alloc(8);
      Memory.putLong(o.get(0) + TRAILER, 0);
      o.forEach(rig::free);
      assertThrows(KmemException.Corruption.class, rig.cache::reap);
      assertEquals(1, rig.cache.lists.objAlloc, "seven came back");
      assertTrue(rig.cache.growth.states.isEmpty(), "REAPING is over");
    }
  }

  @Test
  void fillingAnObjectToItsEndTouchesNoTrailer() {
    for (int size : new int[] {1, 7, 8, 9, 63, 100, 104}) {
      try (SplRig rig = new SplRig(ObjectLayout.TRAILER, size, 8, 4)) {
        List<Long> o = rig.alloc(20);
        o.forEach(object -> Memory.fill(object, size, (byte) 0xFF));
        rig.cache.verify();
        o.forEach(rig::free);
        rig.cache.verify();
      }
    }
  }
}
