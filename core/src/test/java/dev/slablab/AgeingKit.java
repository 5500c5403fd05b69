package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.slablab.spec.*;
import dev.slablab.testing.*;
import java.util.concurrent.CountDownLatch;

/** What the tests of ageing share. */
final class AgeingKit {
  private AgeingKit() {}

  static Variant plain() {
    return new Variant(ObjectLayout.OUT_OF_BAND, MagazinePlacement.BIASED, false);
  }

  static long held(KmemCache cache) {
    return cache.stats().objects().inMagazines();
  }

  /** Leaves a magazine full of objects. */
  static void fill(KmemCache cache) {
    fill(cache, 256);
  }

  static void fill(KmemCache cache, int n) {
    long[] objects = new long[n];
    assertEquals(n, cache.alloc(objects, 0, n, AllocMode.SLEEP));
    cache.free(objects, 0, n);
  }

  static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
