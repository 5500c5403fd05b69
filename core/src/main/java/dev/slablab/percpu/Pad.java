package dev.slablab.percpu;

/** What everybody reads of a magazine, and 128 bytes (hardware fetches lines in pairs) between it and the rest. */
abstract class Pad {
  /** Elements in front of the first and behind the last one of a hot array of longs. */
  static final int ELEMENTS = 16;

  /**
   * {@link Lease}: id of the thread it was made for; tells, before anything is written, whether the caller may write.
   * Foreign threads look at it, so it stands apart from what the owner writes.
   */
  final long tid;
  /** Fill the gaps that headers of either size leave, or the JVM would put hot fields of a subclass there. */
  int gap0, gap1;
  long p00, p01, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14, p15;

  Pad(long tid) {
    this.tid = tid;
  }
}
