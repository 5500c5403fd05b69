package dev.slablab.spl;

import dev.slablab.page.Memory;

/**
 * The first bytes of a slab in the trailer layout ({@code spl_kmem_slab_t}).
 *
 * <pre>
 *   0        8        16       24                               64
 *  +--------+--------+--------+--------------------------------+
 *  | magic  | base   |objects | unused: lists live on the heap |
 *  +--------+--------+--------+--------------------------------+
 * </pre>
 */
final class SlabHeader {
  static final int MAGIC = 0;
  static final int BASE = MAGIC + Long.BYTES;
  static final int OBJECTS = BASE + Long.BYTES;
  static final int BYTES = SplGeometry.HEADER_BYTES;

  /** "spl slab" in ASCII. */
  private static final long MAGIC_VALUE = 0x73706C20736C6162L;

  private SlabHeader() {}

  static void format(long base, int objects) {
    Memory.putLong(base + MAGIC, MAGIC_VALUE);
    Memory.putLong(base + BASE, base);
    Memory.putLong(base + OBJECTS, objects);
  }

  static boolean intact(long base, int objects) {
    return Memory.getLong(base + MAGIC) == MAGIC_VALUE && Memory.getLong(base + BASE) == base
        && Memory.getLong(base + OBJECTS) == objects;
  }
}
