package dev.slablab.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Hooks that keep book: an object constructed twice, or destroyed without having been constructed, is remembered as an
 * error, since an exception thrown in a hook would be part of what is tested.
 */
public final class RecordingHooks {
  /** The private value given to the cache; the hooks must see this very object. */
  public final Object priv = new Object();
  /** Objects that are constructed now. */
  public final Set<Long> constructed = ConcurrentHashMap.newKeySet();
  /** Modes the constructor was given, in order. */
  public final List<AllocMode> modes = new CopyOnWriteArrayList<>();
  /** Calls so far. */
  public final AtomicLong constructs = new AtomicLong();
  /** Calls so far. */
  public final AtomicLong destructs = new AtomicLong();
  private final List<String> errors = new ArrayList<>();

  /** A cache with these hooks. */
  public CacheSpec on(CacheSpec spec, ConstructorPlacement placement) {
    return spec.hooks(this::construct, this::destruct, priv, placement);
  }

  /** The constructor. */
  public void construct(long object, @Nullable Object value, AllocMode mode) {
    constructs.incrementAndGet();
    modes.add(mode);
    if (value != priv) {
      error("constructor got private value " + value);
    }
    if (!constructed.add(object)) {
      error("constructed twice: 0x" + Long.toHexString(object));
    }
  }

  /** The destructor. */
  public void destruct(long object, @Nullable Object value) {
    destructs.incrementAndGet();
    if (value != priv) {
      error("destructor got private value " + value);
    }
    if (!constructed.remove(object)) {
      error("destroyed, though not constructed: 0x" + Long.toHexString(object));
    }
  }

  /** Fails unless all calls so far were right and this many objects are constructed. */
  public void check(long balance) {
    synchronized (errors) {
      assertEquals(List.of(), errors);
    }
    assertEquals(balance, constructs.get() - destructs.get(), "constructed - destroyed");
    assertEquals(balance, constructed.size(), "objects constructed now");
  }

  private void error(String what) {
    synchronized (errors) {
      errors.add(what);
    }
  }
}
