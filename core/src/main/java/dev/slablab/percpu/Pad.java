package dev.slablab.percpu;

/** 128 bytes in front of a hot object's fields: two cache lines, since hardware prefetches in pairs. */
abstract class Pad {
  /** Elements in front of the first and behind the last one of a hot array of longs. */
  static final int ELEMENTS = 16;

  /** Fill the gaps that headers of either size leave, or the JVM would put hot fields of a subclass there. */
  int gap0, gap1;
  long p00, p01, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14, p15;
}
