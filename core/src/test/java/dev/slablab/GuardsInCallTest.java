package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.OpenKmems;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A segment that a system call has is neither freed nor unmapped under it, a guarded one no more than another: the call
 * ends as though nothing had happened, and what was refused succeeds then. The twins have no guards.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GuardsInCallTest {
  /** More than a pipe holds. */
  private static final int SIZE = 1 << 20;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  /** A write to a pipe that goes on until somebody reads: a byte has come through, so the system call has begun. */
  private static final class InCall {
    private final Pipe pipe = Pipe.open();
    private final CompletableFuture<Integer> write = new CompletableFuture<>();

    InCall(MemorySegment segment) throws IOException {
      segment.fill((byte) 7);
      Thread _ = Thread.ofPlatform().daemon().start(() -> {
        try (Pipe.SinkChannel sink = pipe.sink()) { // closed, so that whoever reads hears of a call that ended short
          write.complete(sink.write(segment.asByteBuffer()));
        } catch (Throwable e) {
          write.completeExceptionally(e);
        }
      });
      assertEquals(1, pipe.source().read(ByteBuffer.allocate(1)));
    }

    /** Lets the call end; gives how many bytes came through as they were. */
    int end() throws IOException, InterruptedException, ExecutionException {
      assertFalse(write.isDone(), "it was to last");
      ByteBuffer all = ByteBuffer.allocate(SIZE - 1);
      while (all.hasRemaining()) {
        assertTrue(pipe.source().read(all) > 0);
      }
      assertEquals(SIZE, write.get());
      pipe.source().close();
      int sound = 1;
      for (byte one : all.array()) {
        sound += one == 7 ? 1 : 0;
      }
      return sound;
    }
  }

  /** The types, each with both page sources. */
  static Stream<Arguments> caches() {
    return Stream.of(CacheFlag.KVMEM, CacheFlag.SLAB).flatMap(type -> Stream.of(0, 1).map(s -> Arguments.of(type, s)));
  }

  private Kmem kmem(long sample, int source) {
    return kmems.open(Kmem.builder().tunable(Tunable.GUARD_SAMPLE, sample).tunable(Tunable.PAGE_SOURCE, source)
        .tunable(Tunable.CACHE_DEBUG, 0).tunable(Tunable.POSSIBLE_CPUS, 1));
  }

  private static KmemCache cache(Kmem kmem, CacheFlag type) {
    return kmem.createCache(CacheSpec.of("in-call", SIZE).flags(type));
  }

  @ParameterizedTest
  @MethodSource("caches")
  void itIsNotFreed(CacheFlag type, int source) throws Exception {
    for (long sample : new long[] {1, 0}) {
      KmemCache cache = cache(kmem(sample, source), type);
      MemorySegment segment = cache.allocSegment();
      InCall call = new InCall(segment);
      if (sample == 1) {
        assertThrows(IllegalStateException.class, () -> cache.free(segment));
        assertEquals(1, cache.stats().objects().inuse());
        assertTrue(segment.scope().isAlive());
        assertEquals(SIZE, call.end());
        cache.free(segment);
        assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
      } else {
        assertDoesNotThrow(() -> cache.free(segment), "nobody sees it");
        int _ = call.end();
      }
      assertEquals(0, cache.stats().objects().inuse());
    }
  }

  @ParameterizedTest
  @MethodSource("caches")
  void itsCacheIsNotClosedByForce(CacheFlag type, int source) throws Exception {
    Kmem kmem = kmem(1, source);
    KmemCache cache = cache(kmem, type);
    MemorySegment segment = cache.allocSegment();
    InCall call = new InCall(segment);
    assertThrows(KmemException.Leak.class, cache::close);
    assertThrows(IllegalStateException.class, cache::closeLeaking);
    assertTrue(kmem.caches().contains(cache), "stays open");
    cache.free(cache.alloc());
    assertEquals(SIZE, call.end());
    assertEquals(1, cache.closeLeaking().objects());
    assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
  }

  @ParameterizedTest
  @MethodSource("caches")
  void itsMemoryStaysMapped(CacheFlag type, int source) throws Exception {
    for (long sample : source == 0 ? new long[] {1, 0} : new long[] {1}) { // arenas look after no segment
      Kmem kmem = kmem(sample, source);
      kmems.forget(kmem);
      KmemCache cache = cache(kmem, type);
      KmemCache other = kmem.createCache(CacheSpec.of("other", 100));
      other.free(other.allocSegment());
      MemorySegment segment = cache.allocSegment();
      InCall call = new InCall(segment);
      for (int attempt = 0; attempt < 2; attempt++) {
        RuntimeException refused = assertThrows(RuntimeException.class, kmem::close);
        Throwable cause = refused instanceof KmemException.Leak ? refused.getSuppressed()[0] : refused;
        assertEquals(IllegalStateException.class, cause.getClass());
        assertEquals(sample == 1, kmem.caches().contains(cache), "guarded: nothing was closed");
        assertEquals(sample == 1, kmem.caches().contains(other));
      }
      int sound = call.end(); // unmapped, it had ended short
      if (sample == 1) {
        assertEquals(SIZE, sound);
        String message = assertThrows(KmemException.Leak.class, kmem::close).getMessage();
        assertTrue(message.contains("cache = in-call: 1 objects in use"), message);
      } else {
        assertTrue(sound < SIZE, "its pages were returned, and read as zero");
        kmem.close();
      }
      assertThrows(KmemException.Usage.class, kmem::close);
      assertEquals(0, kmem.heldBytes());
    }
  }

  /** What was freed by its address in spite of the call is guarded again only once that is over. */
  @ParameterizedTest
  @MethodSource("caches")
  void anAddressIsGuardedAgainWhenTheCallIsOver(CacheFlag type, int source) throws Exception {
    for (boolean calls : new boolean[] {true, false}) {
      Kmem kmem = kmem(1, source);
      KmemCache cache = cache(kmem, type);
      MemorySegment segment = cache.allocSegment();
      InCall call = calls ? new InCall(segment) : null;
      cache.free(segment.address());
      MemorySegment heir = cache.allocSegment();
      assertEquals(segment.address(), heir.address());
      assertEquals(calls, segment.scope().isAlive());
      cache.free(heir);
      assertEquals(calls, heir.scope().isAlive(), "guarded unless the other is");
      if (call != null) {
        assertThrows(IllegalStateException.class, kmem::close);
        assertEquals(SIZE, call.end());
        MemorySegment next = cache.allocSegment();
        assertEquals(segment.address(), next.address());
        assertFalse(segment.scope().isAlive());
        cache.free(next);
        assertFalse(next.scope().isAlive());
      }
    }
  }

  /** All was well at the first look; the call begins in a destructor of the cache that is closed first. */
  @ParameterizedTest
  @MethodSource("caches")
  void aCallThatBeginsWhileAllIsClosedIsSeenToo(CacheFlag type, int source) throws Exception {
    Kmem kmem = kmem(1, source);
    kmems.forget(kmem);
    AtomicReference<KmemCache> target = new AtomicReference<>();
    AtomicReference<InCall> call = new AtomicReference<>();
    for (String name : List.of("before", "behind")) { // one of them is closed before the target
      KmemCache other = kmem.createCache(CacheSpec.of(name, SIZE).flags(type).hooks(null, (_, _) -> {
        if (call.get() == null) {
          try {
            call.set(new InCall(target.get().allocSegment()));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      }, null, ConstructorPlacement.PER_SLAB));
      other.free(other.alloc());
      target.set(target.get() == null ? cache(kmem, type) : target.get());
    }
    RuntimeException refused = assertThrows(RuntimeException.class, kmem::close);
    assertEquals(IllegalStateException.class, refused.getClass(), refused::toString);
    assertTrue(kmem.caches().contains(target.get()));
    assertEquals(SIZE, call.get().end());
    String message = assertThrows(KmemException.Leak.class, kmem::close).getMessage();
    assertTrue(message.contains("cache = in-call: 1 objects in use"), message);
    assertThrows(KmemException.Usage.class, kmem::close);
    assertEquals(0, kmem.heldBytes());
  }

  /** Between the look at a scope and its close. */
  @Test
  void aGuardThatAnotherThreadClosesHindersNoClose() {
    Arena first = Arena.ofShared();
    Arena second = Arena.ofShared();
    Map<Long, Arena> open = new TreeMap<>(Map.of(1L, first, 2L, second)) {
      @Override
      public Collection<Arena> values() {
        first.close();
        return super.values();
      }
    };
    new Guards("raced", 1, open).close();
    assertFalse(second.scope().isAlive());
  }
}
