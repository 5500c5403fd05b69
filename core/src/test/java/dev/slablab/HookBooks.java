package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.page.Memory;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import java.util.concurrent.atomic.LongAdder;

/**
 * A cache's hooks and what they did. A constructed object says so in its last word, which is not the user's then; the
 * object's size is a multiple of 8.
 */
final class HookBooks {
  private final String name;
  private final boolean hooked;
  private final long size;
  /** Constructed less destructed, and hooks that met an object in the wrong state. */
  private final LongAdder constructed = new LongAdder();
  private final LongAdder wrong = new LongAdder();
  final CacheSpec spec;

  /** Of a cache without hooks where no placement is given. */
  HookBooks(CacheSpec plain, ConstructorPlacement placement) {
    name = plain.name();
    hooked = placement != null;
    size = plain.size();
    spec = !hooked ? plain : plain.hooks((object, priv, mode) -> {
      Memory.putLong(object + usable(), stamp(object));
      constructed.increment();
    }, (object, priv) -> {
      if (Memory.getLong(object + usable()) != stamp(object)) {
        wrong.increment();
      }
      Memory.putLong(object + usable(), 0);
      constructed.decrement();
    }, null, placement);
  }

  private static long stamp(long object) {
    return ~object * 0xD1B54A32D192ED03L;
  }

  /** The bytes of an object that are the user's to write. */
  long usable() {
    return hooked ? size - 8 : size;
  }

  /** Fails unless an object in use is constructed. */
  void check(long object) {
    if (hooked && Memory.getLong(object + usable()) != stamp(object)) {
      throw new AssertionError(name + ": not constructed: " + Memory.hex(object));
    }
  }

  /** Fails when a destructor got what was not constructed. */
  void agree() {
    assertEquals(0, wrong.sum(), () -> name + ": objects destructed that were not constructed");
  }

  /** After a close of the cache without a leak. */
  void closed() {
    agree();
    assertEquals(0, constructed.sum(), () -> name + ": constructed - destructed");
  }
}
