package dev.slablab.percpu;

/** 128 bytes in front of {@link Magazine}'s fields: two cache lines, since hardware prefetches in pairs. */
abstract class MagazinePad {
  long p00, p01, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14, p15;
}
