package dev.slablab.bench.subject;

import dev.slablab.spec.Tunables;

/**
 * What a driver asks of a subject.
 *
 * @param size bytes of an object, ≥ 1
 * @param slots length of a table, ≥ 1
 * @param zeroed whether objects must read as zero; some subjects zero always
 * @param handedOver whether objects are freed by another thread than allocated them
 * @param tunables for Slablab
 */
public record Shape(int size, int slots, boolean zeroed, boolean handedOver, Tunables tunables) {}
