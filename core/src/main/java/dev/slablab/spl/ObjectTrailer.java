package dev.slablab.spl;

import dev.slablab.page.Memory;

/**
 * The descriptor behind every object of the trailer layout ({@code spl_kmem_obj_t}).
 *
 * <pre>
 *   0        8        16       24       32       40
 *  +--------+--------+--------+--------+--------+
 *  | object | state  | slab   | next   | unused |   at object + roundup(size, align)
 *  +--------+--------+--------+--------+--------+
 *   object  its own address        slab  address of the slab's header
 *   state   {@link #FREE} or {@link #OUT}    next  the next free object, 0 = none
 * </pre>
 */
final class ObjectTrailer {
  static final int OBJECT = 0;
  static final int STATE = OBJECT + Long.BYTES;
  static final int SLAB = STATE + Long.BYTES;
  static final int NEXT = SLAB + Long.BYTES;
  static final int BYTES = NEXT + 2 * Long.BYTES;

  /** "obj free" and "obj out " in ASCII: recognisable in a dump, unlikely as data. */
  static final long FREE = 0x6F626A2066726565L;
  static final long OUT = 0x6F626A206F757420L;

  private ObjectTrailer() {}

  static void format(long trailer, long object, long slab, long next) {
    Memory.putLong(trailer + OBJECT, object);
    Memory.putLong(trailer + STATE, FREE);
    Memory.putLong(trailer + SLAB, slab);
    Memory.putLong(trailer + NEXT, next);
  }

  static boolean names(long trailer, long object, long slab) {
    return Memory.getLong(trailer + OBJECT) == object && Memory.getLong(trailer + SLAB) == slab;
  }

  static long state(long trailer) {
    return Memory.getLong(trailer + STATE);
  }

  static void state(long trailer, long state) {
    Memory.putLong(trailer + STATE, state);
  }

  static long next(long trailer) {
    return Memory.getLong(trailer + NEXT);
  }

  static void next(long trailer, long next) {
    Memory.putLong(trailer + NEXT, next);
  }
}
