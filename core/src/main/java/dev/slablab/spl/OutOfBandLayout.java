package dev.slablab.spl;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Descriptors on the Java heap: a stack of free indexes and a bit per object. The slab's pages stay untouched. */
record OutOfBandLayout(SplGeometry geometry) implements SlabLayout {
  @Override
  public void format(Slab slab) {
    int n = geometry.objects();
    slab.freeStack = new int[n];
    for (int i = 0; i < n; i++) {
      slab.freeStack[i] = n - 1 - i;
    }
    slab.out = new long[(n + 63) / 64];
  }

  @Override
  public long take(Slab slab) {
    int index = slab.freeStack[geometry.objects() - slab.ref - 1];
    slab.out[index >> 6] |= 1L << index;
    return slab.address(index);
  }

  @Override
  public @Nullable String put(Slab slab, int index) {
    if (!isOut(slab, index)) {
      return "is free already (double free)";
    }
    slab.out[index >> 6] &= ~(1L << index);
    slab.freeStack[geometry.objects() - slab.ref] = index;
    return null;
  }

  @Override
  public boolean isOut(Slab slab, int index) {
    return (slab.out[index >> 6] & (1L << index)) != 0;
  }

  @Override
  public @Nullable String check(Slab slab) {
    int n = geometry.objects();
    BitSet seen = BitSet.valueOf(slab.out);
    if (seen.cardinality() != slab.ref) {
      return "bits set = " + seen.cardinality() + ", expected ref = " + slab.ref;
    }
    for (int i = 0; i < n - slab.ref; i++) {
      int index = slab.freeStack[i];
      if (index < 0 || index >= n || seen.get(index)) {
        return "free stack entry " + i + " = " + index + " is out of range, out, or twice there";
      }
      seen.set(index);
    }
    return null;
  }
}
