package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Memory;
import dev.slablab.testing.OpenKmems;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of {@link Arena}, kept by arenas over general allocation. */
class KmemArenaTest {
  private static final long[] SIZES = {0, 1, 8, 100, 5000, 65_536, 70_000, 1 << 20};

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  private static long inUse(Kmem kmem) {
    return kmem.runs() + kmem.caches().stream().mapToLong(cache -> cache.stats().objects().inuse()).sum();
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void segmentsAreZeroedAlignedBoundedAndFreedByClose(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    for (boolean shared : new boolean[] {false, true}) {
      List<MemorySegment> all = new ArrayList<>();
      Arena arena = shared ? kmem.sharedArena() : kmem.arena();
      for (int round = 0; round < 3; round++) {
        for (long size : SIZES) {
          long dirty = kmem.alloc(size);
          Memory.fill(dirty, size, (byte) -1);
          kmem.free(dirty);
          MemorySegment segment = arena.allocate(size, 64);
          assertEquals(size, segment.byteSize());
          assertEquals(0, segment.address() % 64);
          assertEquals(-1, segment.mismatch(MemorySegment.ofArray(new byte[(int) size])));
          assertEquals(arena.scope(), segment.scope());
          assertTrue(segment.isNative());
          segment.fill((byte) 5);
          assertThrows(IndexOutOfBoundsException.class, () -> segment.get(ValueLayout.JAVA_BYTE, size));
          all.add(segment);
        }
      }
      assertEquals(all.size(), inUse(kmem));
      assertTrue(arena.scope().isAlive());
      arena.close();
      assertEquals(0, inUse(kmem));
      assertFalse(arena.scope().isAlive());
      for (MemorySegment segment : all.subList(1, all.size())) {
        assertThrows(IllegalStateException.class, () -> segment.fill((byte) 1));
      }
      assertThrows(IllegalStateException.class, () -> arena.allocate(8, 8));
      assertThrows(IllegalStateException.class, arena::close);
      assertEquals(0, inUse(kmem));
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void badArgumentsTakeNothing(GeneralVariants variant) {
    Kmem kmem = kmems.open(variant.builder());
    try (Arena arena = kmem.arena()) {
      assertThrows(IllegalArgumentException.class, () -> arena.allocate(-1, 8));
      assertThrows(IllegalArgumentException.class, () -> arena.allocate(8, 0));
      assertThrows(IllegalArgumentException.class, () -> arena.allocate(8, -8));
      assertThrows(IllegalArgumentException.class, () -> arena.allocate(8, 24));
      assertEquals(0, inUse(kmem));
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aConfinedArenaIsItsThreads(GeneralVariants variant) throws Exception {
    Kmem kmem = kmems.open(variant.builder());
    try (Arena arena = kmem.arena()) {
      MemorySegment segment = arena.allocate(100, 8);
      CompletableFuture.runAsync(() -> {
        assertThrows(WrongThreadException.class, () -> arena.allocate(8, 8));
        assertThrows(WrongThreadException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
        assertThrows(WrongThreadException.class, arena::close);
      }).get(30, TimeUnit.SECONDS);
      assertEquals(1, inUse(kmem));
      assertTrue(arena.scope().isAlive());
    }
    assertEquals(0, inUse(kmem));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aSharedArenaServesAllThreadsUntilOneClosesIt(GeneralVariants variant) throws Exception {
    Kmem kmem = kmems.open(variant.builder());
    Arena arena = kmem.sharedArena();
    AtomicInteger made = new AtomicInteger();
    CompletableFuture<?>[] threads = new CompletableFuture<?>[3];
    for (int t = 0; t < threads.length; t++) {
      threads[t] = CompletableFuture.runAsync(() -> {
        for (;;) {
          arena.allocate(1 + made.incrementAndGet() % 3000, 8).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        }
      });
    }
    while (made.get() < 500) {
      Thread.onSpinWait();
    }
    arena.close();
    for (CompletableFuture<?> thread : threads) {
      Throwable end = assertThrows(ExecutionException.class, () -> thread.get(30, TimeUnit.SECONDS)).getCause();
      assertTrue(end instanceof IllegalStateException, String.valueOf(end));
    }
    assertEquals(0, inUse(kmem), "also blocks whose allocation met the close");
  }
}
