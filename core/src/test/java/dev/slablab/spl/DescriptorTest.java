package dev.slablab.spl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.testing.Picture;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The off-heap descriptors are where their pictures say, and hold what these say. */
class DescriptorTest {
  private static final int OBJECTS = 8;

  @Test
  void slabHeaderAsDrawn() {
    Map<String, List<Integer>> picture = Picture.of("dev/slablab/spl/SlabHeader.java");
    assertEquals(List.of(SlabHeader.MAGIC, SlabHeader.BASE), picture.get("magic"));
    assertEquals(List.of(SlabHeader.BASE, SlabHeader.OBJECTS), picture.get("base"));
    assertEquals(List.of(SlabHeader.OBJECTS, SlabHeader.OBJECTS + Long.BYTES), picture.get("objects"));
    assertEquals(SlabHeader.BYTES, picture.values().stream().mapToInt(List::getLast).max().orElse(0));
    assertEquals(4, picture.size());
  }

  @Test
  void trailerAsDrawn() {
    Map<String, List<Integer>> picture = Picture.of("dev/slablab/spl/ObjectTrailer.java");
    assertEquals(List.of(ObjectTrailer.OBJECT, ObjectTrailer.STATE), picture.get("object"));
    assertEquals(List.of(ObjectTrailer.STATE, ObjectTrailer.SLAB), picture.get("state"));
    assertEquals(List.of(ObjectTrailer.SLAB, ObjectTrailer.NEXT), picture.get("slab"));
    assertEquals(List.of(ObjectTrailer.NEXT, ObjectTrailer.NEXT + Long.BYTES), picture.get("next"));
    assertEquals(List.of(ObjectTrailer.NEXT + Long.BYTES, ObjectTrailer.BYTES), picture.get("unused"));
    assertEquals(5, picture.size());
  }

  /** Read back from memory, with nothing but the picture's numbers. */
  @ParameterizedTest
  @ValueSource(ints = {1, 8, 100, 4096})
  void memoryHoldsThem(int size) {
    Map<String, List<Integer>> header = Picture.of("dev/slablab/spl/SlabHeader.java");
    Map<String, List<Integer>> trailer = Picture.of("dev/slablab/spl/ObjectTrailer.java");
    try (SplRig rig = new SplRig(ObjectLayout.TRAILER, size, OBJECTS, 2)) {
      long object = rig.alloc();
      long base = rig.slab(object).base;
      assertEquals(base + SlabHeader.BYTES, object, "the first object follows the header");
      assertEquals("spl slab", text(base + at(header, "magic")));
      assertEquals(base, Memory.getLong(base + at(header, "base")));
      assertEquals(OBJECTS, Memory.getLong(base + at(header, "objects")));
      long stride = rig.cache.geometry.stride();
      for (int i = 0; i < OBJECTS; i++) {
        long its = object + i * stride;
        long behind = its + (size + 7) / 8 * 8;
        assertEquals(0, behind % Long.BYTES);
        assertEquals(its, Memory.getLong(behind + at(trailer, "object")));
        assertEquals(base, Memory.getLong(behind + at(trailer, "slab")));
        assertEquals(i == 0 ? "obj out " : "obj free", text(behind + at(trailer, "state")));
        assertTrue(i == 0 || (i + 1 < OBJECTS ? its + stride : 0) == Memory.getLong(behind + at(trailer, "next")));
        assertEquals(its + stride, behind + ObjectTrailer.BYTES, "the next object follows at once");
      }
    }
  }

  private static int at(Map<String, List<Integer>> picture, String cell) {
    return picture.get(cell).getFirst();
  }

  private static String text(long address) {
    return new String(ByteBuffer.allocate(Long.BYTES).putLong(Memory.getLong(address)).array(),
        StandardCharsets.US_ASCII);
  }
}
