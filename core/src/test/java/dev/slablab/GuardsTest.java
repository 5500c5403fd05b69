package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Variant;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sampled guards: with one in one, every segment is found misused; the twin without guards finds nothing. */
class GuardsTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private KmemCache cache(Variant variant, long sample) {
    return kmem(variant, sample).createCache(CacheSpec.of("guarded", 100));
  }

  private Kmem kmem(Variant variant, long sample) {
    return kmems.open(variant.builder().tunable(Tunable.GUARD_SAMPLE, sample));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void useAfterFreeThrowsAndNotWithoutAGuard(Variant variant) {
    for (long sample : new long[] {1, 0}) {
      KmemCache cache = cache(variant, sample);
      MemorySegment segment = cache.allocSegment();
      assertEquals(100, segment.byteSize());
      segment.fill((byte) 3);
      assertThrows(IndexOutOfBoundsException.class, () -> segment.set(ValueLayout.JAVA_BYTE, 100, (byte) 1));
      assertThrows(IndexOutOfBoundsException.class, () -> segment.get(ValueLayout.JAVA_BYTE, -1));
      cache.free(segment);
      if (sample == 1) {
        assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
        assertThrows(IllegalStateException.class, () -> segment.asSlice(8).fill((byte) 0));
      } else {
        byte _ = assertDoesNotThrow(() -> segment.get(ValueLayout.JAVA_BYTE, 0));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void aDoubleFreeIsNamedAtOnceAndNotWithoutAGuard(Variant variant) {
    for (long sample : new long[] {1, 0}) {
      if (sample == 0 && variant.level() > 0) {
        continue; // whose level names it
      }
      Kmem kmem = kmem(variant, sample);
      KmemCache cache = kmem.createCache(CacheSpec.of("guarded", 100));
      long keep = cache.alloc();
      MemorySegment segment = cache.allocSegment();
      cache.free(segment);
      if (sample == 1) {
        MemorySegment heir = cache.allocSegment(); // most likely at the same address
        String message = assertThrows(KmemException.Corruption.class, () -> cache.free(segment)).getMessage();
        assertTrue(message.contains("cache = guarded, address = 0x" + Long.toHexString(segment.address())
            + ": double free of a guarded segment"), message);
        heir.fill((byte) 1); // is none the worse for it
        cache.free(heir);
        cache.free(keep);
      } else {
        kmems.corrupted(kmem);
        assertDoesNotThrow(() -> cache.free(segment));
        assertThrows(KmemException.Corruption.class, cache::reap, "late, and in another call");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void anyThreadMayFreeAndAnySliceWillDo(Variant variant) throws Exception {
    KmemCache cache = cache(variant, 1);
    for (int i = 0; i < 50; i++) {
      MemorySegment segment = cache.allocSegment(i % 2 == 0 ? AllocMode.SLEEP : AllocMode.NORETRY);
      CompletableFuture.runAsync(() -> {
        segment.set(ValueLayout.JAVA_BYTE, 99, (byte) 1);
        cache.free(segment.asSlice(0, 10));
      }).get();
      assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 99));
    }
    MemorySegment byAddress = cache.allocSegment();
    cache.free(byAddress.address()); // which no guard sees
    byte _ = assertDoesNotThrow(() -> byAddress.get(ValueLayout.JAVA_BYTE, 0));
    MemorySegment own = MemorySegment.ofAddress(cache.alloc());
    cache.free(own); // begins where the object does
    assertEquals(0, cache.stats().objects().inuse());
  }

  /** A quarter of 4,000 and its sixfold deviation; the others are as ever. */
  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#all")
  void oneInSoManyIsGuarded(Variant variant) {
    KmemCache cache = cache(variant, 4);
    int guarded = 0;
    for (int i = 0; i < 4_000; i++) {
      MemorySegment segment = cache.allocSegment();
      cache.free(segment);
      guarded += segment.scope().isAlive() ? 0 : 1;
    }
    assertTrue(Math.abs(guarded - 1_000) < 6 * 28, "guarded: " + guarded);
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void whatLeakedIsClosedWithItsCache(Variant variant) {
    for (long sample : new long[] {1, 0}) {
      KmemCache cache = kmem(variant, sample).createCache(CacheSpec.of("leaky", 100));
      MemorySegment segment = cache.allocSegment();
      assertThrows(KmemException.Leak.class, cache::close);
      assertTrue(segment.scope().isAlive());
      assertEquals(1, cache.closeLeaking().objects());
      assertEquals(sample == 0, segment.scope().isAlive());
      String message = assertThrows(KmemException.class, () -> cache.free(segment)).getMessage();
      assertTrue(message.contains("cache = leaky: the cache is closed") // not what the guard says: it was not freed
          || (variant.arena() && message.contains("is no object of this allocator")), message);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#levels")
  void hooksRunAsEver(Variant variant) {
    AtomicInteger constructed = new AtomicInteger();
    KmemCache cache = kmems.open(variant.builder().tunable(Tunable.GUARD_SAMPLE, 2)).createCache(
        CacheSpec.of("hooked", 64).hooks((_, _, _) -> constructed.incrementAndGet(),
            (_, _) -> constructed.decrementAndGet(), null, ConstructorPlacement.PER_ALLOCATION));
    for (int i = 0; i < 100; i++) {
      MemorySegment segment = cache.allocSegment();
      assertEquals(1, constructed.get());
      cache.free(segment);
      assertEquals(0, constructed.get());
    }
  }
}
