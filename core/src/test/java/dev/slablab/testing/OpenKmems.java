package dev.slablab.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.Kmem;
import dev.slablab.KmemCache;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The instances a test opened. After every test each is verified, its statistics must add up, and closing it must find
 * no object in use and leave no page behind.
 */
public final class OpenKmems implements AfterEachCallback {
  private final List<Kmem> open = new ArrayList<>();
  private final List<Kmem> corrupted = new ArrayList<>();

  /**
   * Builds an instance whose clock stands still and looks after it: however slow the machine, no growth is ever called
   * deadlocked, so that counts are exact.
   */
  public Kmem open(Kmem.Builder builder) {
    return openTimed(builder.clock(new ManualClock()));
  }

  /** Builds an instance with the builder's own clock and looks after it. */
  public Kmem openTimed(Kmem.Builder builder) {
    Kmem kmem = builder.build();
    open.add(kmem);
    return kmem;
  }

  /** The test broke this instance on purpose: it is only closed, whatever that reports. */
  public void corrupted(Kmem kmem) {
    open.remove(kmem);
    corrupted.add(kmem);
  }

  /** The test closes this instance itself. */
  public void forget(Kmem kmem) {
    open.remove(kmem);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    for (Kmem kmem : corrupted) {
      try {
        kmem.close();
      } catch (RuntimeException e) {
        // what was broken on purpose may be reported once more
      }
    }
    // All are closed, also when one of them is broken: the first failure is the test's.
    Throwable failure = null;
    for (Kmem kmem : open) {
      try {
        check(kmem);
      } catch (RuntimeException | AssertionError e) {
        failure = failure == null ? e : failure;
      }
      try {
        kmem.close();
        assertEquals(0, kmem.heldBytes(), "pages held after close");
      } catch (RuntimeException | AssertionError e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure instanceof Error e) {
      throw e;
    } else if (failure instanceof RuntimeException e) {
      throw e;
    }
  }

  /** Verifies every cache of a quiet instance, and its statistics. */
  public static void check(Kmem kmem) {
    kmem.verify();
    for (KmemCache cache : kmem.caches()) {
      QuietPoint.check(cache.stats());
    }
  }
}
