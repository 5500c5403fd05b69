package dev.slablab.spl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.slab.SlabList;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.testing.ManualScheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The checker checked: every structure is broken in turn, and {@code verify()} must say which. */
class VerifierTest {
  /** Slabs of 4 objects, magazines of 4: one slab complete, one partial, one empty, an object in the magazine. */
  private static SplRig rig(ObjectLayout layout) {
    SplRig rig = new SplRig(layout, 100, 4, 4);
    List<Long> o = rig.alloc(12);
    for (int index : new int[] {4, 8, 9, 10, 11}) {
      assertEquals(null, rig.cache.lists.put(o.get(index)));
      rig.cache.directFrees++;
    }
    rig.free(o.get(5));
    rig.cache.verify();
    SlabLists lists = rig.cache.lists;
    assertEquals(List.of(4), refs(lists.complete));
    assertEquals(List.of(3, 0), refs(lists.partial));
    assertEquals(1, rig.magazine().size());
    return rig;
  }

  private static List<Integer> refs(SlabList<Slab> list) {
    return SplRig.slabs(list).stream().map(slab -> slab.ref).toList();
  }

  record Damage(String what, String named, Consumer<SplRig> inflict) {
    @Override
    public String toString() {
      return what;
    }
  }

  static List<Object[]> damages() {
    List<Damage> damages = List.of(
        new Damage("list order swapped", "behind an empty one", rig -> {
          Slab first = rig.cache.lists.partial.head;
          rig.cache.lists.partial.remove(first);
          rig.cache.lists.partial.addTail(first);
        }),
        new Damage("back link broken", "list links are broken", rig -> rig.cache.lists.partial.tail.prev = null),
        new Damage("list made a ring", "list links are broken", rig ->
            rig.cache.lists.partial.tail.next = rig.cache.lists.partial.head),
        new Damage("tail lost", "the tail is not the last slab", rig ->
            rig.cache.lists.partial.tail = rig.cache.lists.partial.head),
        new Damage("slab names another list", "list links are broken", rig ->
            rig.cache.lists.partial.head.list = rig.cache.lists.complete),
        new Damage("slab on the wrong list", "on the wrong list", rig -> {
          Slab full = rig.cache.lists.complete.head;
          rig.cache.lists.complete.remove(full);
          rig.cache.lists.partial.addHead(full);
        }),
        new Damage("slab dropped", "slab_total", rig ->
            rig.cache.lists.partial.remove(rig.cache.lists.partial.tail)),
        new Damage("ref too high", "ref", rig -> rig.cache.lists.partial.tail.ref++),
        new Damage("ref too low", "partial slab", rig -> rig.cache.lists.partial.head.ref--),
        new Damage("ref negative", "on the wrong list", rig -> rig.cache.lists.partial.tail.ref = -1),
        new Damage("slab_total", "slab_total", rig -> rig.cache.lists.slabTotal++),
        new Damage("slab_alloc", "slab_alloc", rig -> rig.cache.lists.slabAlloc--),
        new Damage("obj_alloc", "obj_alloc", rig -> rig.cache.lists.objAlloc++),
        new Damage("an allocation not counted", "allocated - freed", rig -> rig.cache.directAllocs--),
        new Damage("page map entry cleared", "page map", rig ->
            rig.map.set(rig.cache.lists.complete.head.base, 1, null)),
        new Damage("page map entry of another slab", "page map", rig ->
            rig.map.set(rig.cache.lists.complete.head.base, 1, rig.cache.lists.partial.head)),
        new Damage("object freed twice", "twice", rig -> rig.free(rig.magazine().getFirst())),
        new Damage("object freed into its slab while in the magazine", "free in its slab as well", rig ->
            assertEquals(null, rig.cache.lists.put(rig.magazine().getFirst()))),
        new Damage("interior address freed", "no object of this cache", rig ->
            rig.free(rig.magazine().getFirst() + 8)),
        new Damage("foreign object in the magazine", "no object of this cache", rig ->
            rig.free(rig.sibling("other").allocate(AllocMode.SLEEP))),
        new Damage("unmapped address in the magazine", "no object of this cache", rig ->
            rig.free(rig.cache.lists.partial.tail.base + (1 << 20))));
    return times(damages, ObjectLayout.values());
  }

  private static List<Object[]> times(List<Damage> damages, ObjectLayout... layouts) {
    List<Object[]> all = new ArrayList<>();
    for (ObjectLayout layout : layouts) {
      damages.forEach(damage -> all.add(new Object[] {layout, damage}));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("damages")
  void damageIsNamed(ObjectLayout layout, Damage damage) {
    try (SplRig rig = rig(layout)) {
      damage.inflict.accept(rig);
      String message = assertThrows(KmemException.Corruption.class, rig.cache::verify).getMessage();
      assertTrue(message.contains("cache = rig") && message.contains(damage.named), message);
    }
  }

  static List<Object[]> descriptors() {
    List<Object[]> all = times(List.of(
        new Damage("header magic", "slab header", rig -> flip(partial(rig).base + SlabHeader.MAGIC)),
        new Damage("header base", "slab header", rig -> flip(partial(rig).base + SlabHeader.BASE)),
        new Damage("header objects", "slab header", rig -> flip(partial(rig).base + SlabHeader.OBJECTS)),
        new Damage("free trailer state", "free list entry", rig -> flip(free(rig) + ObjectTrailer.STATE)),
        new Damage("free trailer next", "free list", rig -> flip(free(rig) + ObjectTrailer.NEXT)),
        new Damage("free trailer object", "free list entry", rig -> flip(free(rig) + ObjectTrailer.OBJECT)),
        new Damage("free trailer slab", "free list entry", rig -> flip(free(rig) + ObjectTrailer.SLAB)),
        new Damage("free list lost", "free list", rig -> partial(rig).freeHead = 0),
        new Damage("used trailer state", "trailer was overwritten", rig -> flip(used(rig) + ObjectTrailer.STATE)),
        new Damage("used trailer object", "trailer was overwritten", rig -> flip(used(rig) + ObjectTrailer.OBJECT)),
        new Damage("used trailer slab", "trailer was overwritten", rig -> flip(used(rig) + ObjectTrailer.SLAB)),
        new Damage("used object on the free list", "free", rig -> ObjectTrailer.next(free(rig), used(rig) - 104))),
        ObjectLayout.TRAILER);
    all.addAll(times(List.of(
        new Damage("bit lost", "bits set", rig -> partial(rig).out[0] = 0),
        new Damage("bit too many", "bits set", rig -> partial(rig).out[0] = 15),
        new Damage("stack entry of a used object", "free stack entry", rig -> partial(rig).freeStack[0] =
            Long.numberOfTrailingZeros(partial(rig).out[0])),
        new Damage("stack entry out of range", "free stack entry", rig -> partial(rig).freeStack[0] = 4),
        new Damage("stack entry negative", "free stack entry", rig -> partial(rig).freeStack[0] = -1),
        new Damage("stack entry twice", "free stack entry", rig ->
            rig.cache.lists.partial.tail.freeStack[0] = rig.cache.lists.partial.tail.freeStack[1])),
        ObjectLayout.OUT_OF_BAND));
    return all;
  }

  @ParameterizedTest
  @MethodSource("descriptors")
  void damagedDescriptorsAreNamed(ObjectLayout layout, Damage damage) {
    damageIsNamed(layout, damage);
  }

  private static Slab partial(SplRig rig) {
    return rig.cache.lists.partial.head;
  }

  /** The trailer of the one free object of the partial slab. */
  private static long free(SplRig rig) {
    return partial(rig).freeHead + 104;
  }

  /** The trailer of an object in use, in the complete slab. */
  private static long used(SplRig rig) {
    return rig.cache.lists.complete.head.address(2) + 104;
  }

  private static void flip(long address) {
    Memory.putLong(address, Memory.getLong(address) ^ 0x10);
  }

  @Test
  void emergencyObjectsMustBeInThePageMap() {
    for (int page = 0; page < 2; page++) {
      ManualScheduler tasks = new ManualScheduler();
      try (SplRig rig = new SplRig(ObjectLayout.TRAILER, 5000, 4, 4, tasks)) { // a run of two pages
        long object = rig.alloc(AllocMode.NOSLEEP);
        rig.cache.verify();
        rig.map.set(object + page * 4096L, 1, null);
        String message = assertThrows(KmemException.Corruption.class, rig.cache::verify, "page " + page).getMessage();
        assertTrue(message.contains("emergency object"), message);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSoundCachePasses(ObjectLayout layout) {
    try (SplRig rig = rig(layout)) {
      rig.cache.verify();
      rig.cache.reap();
      rig.cache.verify();
    }
  }
}
