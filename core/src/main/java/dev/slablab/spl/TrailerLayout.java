package dev.slablab.spl;

import static dev.slablab.page.Memory.hex;

import dev.slablab.page.Pages;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The seed's layout: {@link SlabHeader}, then objects with an {@link ObjectTrailer} each; the free list runs through
 * the trailers. What a caller overwrote is found when the object is freed or its neighbour in the list is taken.
 */
record TrailerLayout(SplGeometry geometry) implements SlabLayout {
  /** {@code spl_sko_from_obj}. */
  private long trailer(long object) {
    return object + Pages.roundUp(geometry.objectSize(), geometry.align());
  }

  @Override
  public void format(Slab slab) {
    int n = geometry.objects();
    SlabHeader.format(slab.base, n);
    long next = 0;
    for (int i = n - 1; i >= 0; i--) {
      long object = slab.address(i);
      ObjectTrailer.format(trailer(object), object, slab.base, next);
      next = object;
    }
    slab.freeHead = next;
  }

  @Override
  public long take(Slab slab) {
    long object = slab.freeHead;
    long trailer = trailer(object);
    long next = ObjectTrailer.next(trailer);
    boolean last = slab.ref + 1 == geometry.objects();
    if (!ObjectTrailer.names(trailer, object, slab.base) || ObjectTrailer.state(trailer) != ObjectTrailer.FREE
        || (last ? next != 0 : slab.index(next) < 0)) {
      throw slab.cache.corruption("free list", object, "the trailer of a free object was overwritten (found state "
          + hex(ObjectTrailer.state(trailer)) + ", next " + hex(next)
          + "); look for a write beyond or after an object's life");
    }
    ObjectTrailer.state(trailer, ObjectTrailer.OUT);
    slab.freeHead = next;
    return object;
  }

  @Override
  public @Nullable String put(Slab slab, int index) {
    long object = slab.address(index);
    long trailer = trailer(object);
    long state = ObjectTrailer.state(trailer);
    if (!ObjectTrailer.names(trailer, object, slab.base)
        || (state != ObjectTrailer.OUT && state != ObjectTrailer.FREE)) {
      return "has an overwritten trailer (found state " + hex(state) + "): a write beyond the object's end";
    }
    if (state == ObjectTrailer.FREE) {
      return "is free already (double free)";
    }
    ObjectTrailer.state(trailer, ObjectTrailer.FREE);
    ObjectTrailer.next(trailer, slab.freeHead);
    slab.freeHead = object;
    return null;
  }

  @Override
  public boolean isOut(Slab slab, int index) {
    return ObjectTrailer.state(trailer(slab.address(index))) == ObjectTrailer.OUT;
  }

  @Override
  public @Nullable String check(Slab slab) {
    int n = geometry.objects();
    if (!SlabHeader.intact(slab.base, n)) {
      return "the slab header was overwritten";
    }
    BitSet seen = new BitSet(n);
    long object = slab.freeHead;
    for (int free = n - slab.ref; free > 0; free--) {
      int index = slab.index(object);
      if (index < 0 || seen.get(index) || ObjectTrailer.state(trailer(object)) != ObjectTrailer.FREE
          || !ObjectTrailer.names(trailer(object), object, slab.base)) {
        return "free list entry " + hex(object) + " is no object, twice there, not free, or overwritten";
      }
      seen.set(index);
      object = ObjectTrailer.next(trailer(object));
    }
    if (object != 0) {
      return "the free list is longer than objects - ref = " + (n - slab.ref);
    }
    for (int i = seen.nextClearBit(0); i < n; i = seen.nextClearBit(i + 1)) {
      long out = slab.address(i);
      if (!ObjectTrailer.names(trailer(out), out, slab.base) || !isOut(slab, i)) {
        return "object " + hex(out) + " is neither free nor out: its trailer was overwritten";
      }
    }
    return null;
  }
}
