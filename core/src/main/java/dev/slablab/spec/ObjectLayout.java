package dev.slablab.spec;

/** Where the descriptors of a slab and of its objects live. */
public enum ObjectLayout {
  /** In the slab itself: a 64-byte header, and a 40-byte trailer behind every object (SPL). */
  TRAILER,
  /** On the Java heap, found from the address: the slab holds nothing but objects. */
  OUT_OF_BAND
}
