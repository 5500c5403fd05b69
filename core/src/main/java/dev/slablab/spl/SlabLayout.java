package dev.slablab.spl;

import dev.slablab.spec.ObjectLayout;
import org.jspecify.annotations.Nullable;

/**
 * How a slab keeps track of its objects. Stateless; called under the list lock, {@link #format} before the slab is
 * known to anybody. Both layouts give a fresh slab's objects in ascending order and returned ones last in, first out.
 */
sealed interface SlabLayout permits TrailerLayout, OutOfBandLayout {
  void format(Slab slab);

  /** Takes the next free object; the caller knows there is one. */
  long take(Slab slab);

  /** Puts an object back. Returns null, or what is wrong with it; then nothing was changed. */
  @Nullable String put(Slab slab, int index);

  boolean isOut(Slab slab, int index);

  /** Walks the slab's structures: returns null, or what is wrong. */
  @Nullable String check(Slab slab);

  static SlabLayout of(SplGeometry geometry) {
    return geometry.layout() == ObjectLayout.TRAILER ? new TrailerLayout(geometry) : new OutOfBandLayout(geometry);
  }
}
