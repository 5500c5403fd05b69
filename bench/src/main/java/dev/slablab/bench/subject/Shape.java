package dev.slablab.bench.subject;

import module java.base;
import dev.slablab.spec.Tunables;

/**
 * What a driver asks of a subject.
 *
 * @param sizes bytes of each slot's object
 * @param crossing whether the object of a slot is freed by another thread than allocated it
 * @param size bytes of every object, for a cache of its own; 0 where sizes differ, for general-purpose allocation
 * @param zeroed whether {@link Subject#alloc} must give zeroes; some subjects always do
 * @param tunables for Slablab
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares or prints it
public record Shape(long[] sizes, IntPredicate crossing, int size, boolean zeroed, Tunables tunables) {
  /** Slots of one size. */
  public static Shape of(int size, int slots, boolean zeroed, boolean handedOver, Tunables tunables) {
    long[] sizes = new long[slots];
    Arrays.fill(sizes, size);
    return new Shape(sizes, slot -> handedOver, size, zeroed, tunables);
  }
}
