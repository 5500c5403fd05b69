package dev.slablab.bench.subject;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.Tunables;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Test;

/** One contract, every subject; and checks of the checkers. */
class SubjectTest {
  private static final int SLOTS = 33;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"MIMALLOC", "JEMALLOC"}) // one native allocator a JVM
  void givesMemoryThatIsItsOwn(SubjectKind kind) {
    for (int size : new int[] {1, 8, 63, 64, 1000, 100_000}) {
      try (Subject subject = kind.open(shape(size, false))) {
        Subject view = subject.view();
        for (int round = 0; round < 3; round++) {
          for (int slot = 0; slot < SLOTS; slot++) {
            subject.alloc(slot);
            view.alloc(slot);
            assertEquals(size, subject.memory(slot).byteSize());
          }
          Patterns.prove(subject, 0, SLOTS, 1);
          Patterns.prove(view, 0, SLOTS, 1000);
          subject.verify(2 * SLOTS);
          for (int slot = 0; slot < SLOTS; slot++) {
            view.free(slot);
            subject.free(slot);
          }
        }
        subject.verify(0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"MIMALLOC", "JEMALLOC"})
  void zeroesWhenAsked(SubjectKind kind) {
    try (Subject subject = kind.open(shape(200, true))) {
      for (int round = 0; round < 3; round++) {
        subject.alloc(0);
        assertEquals(-1, subject.memory(0).mismatch(MemorySegment.ofArray(new byte[200])));
        subject.memory(0).fill((byte) 7);
        subject.free(0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SLABLAB", "SLABLAB_LINUX", "SLABLAB_SEGMENT", "SLABLAB_BUF", "DIRECT",
      "NETTY_POOLED", "NETTY_ADAPTIVE", "NETTY_UNPOOLED"})
  void saysWhatItHolds(SubjectKind kind) {
    try (Subject subject = kind.open(shape(1000, false))) {
      subject.alloc(0);
      assertTrue(subject.memoryUse().held() >= 1000, () -> subject.memoryUse().toString());
      subject.free(0);
    }
  }

  /** An allocator that gives two objects a byte in common must not get past. */
  @ParameterizedTest
  @ValueSource(ints = {8, 64, 100})
  void overlapsAreFound(int size) {
    byte[] memory = new byte[SLOTS * size];
    Subject broken = new Broken(slot -> MemorySegment.ofArray(memory).asSlice(slot == 9 ? 8L * size + size - 1
        : (long) slot * size, size));
    assertThrows(IllegalStateException.class, () -> Patterns.prove(broken, 0, SLOTS, 1));
  }

  @Test
  void everyChangedByteIsFound() {
    MemorySegment object = MemorySegment.ofArray(new byte[21]);
    for (int at = 0; at < 21; at++) {
      Patterns.write(object, 5);
      assertEquals(-1, Patterns.firstWrong(object, 5));
      object.set(ValueLayout.JAVA_BYTE, at, (byte) ~object.get(ValueLayout.JAVA_BYTE, at));
      assertEquals(at < 16 ? at & ~7 : at, Patterns.firstWrong(object, 5));
    }
  }

  @Test
  void wrongAccountsAreFound() {
    try (Subject subject = SubjectKind.SLABLAB.open(shape(64, false))) {
      subject.alloc(0);
      assertThrows(IllegalStateException.class, () -> subject.verify(0));
      subject.verify(1);
      subject.free(0);
    }
  }

  /** A second native allocator would be answered by the first. */
  @Test
  void oneNativeAllocatorAJvm() {
    String before = System.getProperty(NativeMalloc.LIBRARY);
    NativeMalloc.free(NativeMalloc.malloc(8));
    try {
      assertThrows(IllegalStateException.class, () -> SubjectKind.JEMALLOC.open(shape(8, false)));
    } finally {
      restore(before);
    }
  }

  private static void restore(@org.jspecify.annotations.Nullable String library) {
    if (library == null) {
      System.clearProperty(NativeMalloc.LIBRARY);
    } else {
      System.setProperty(NativeMalloc.LIBRARY, library);
    }
  }

  @Test
  void aMissingLibraryIsExplained() {
    String message = assertThrows(IllegalArgumentException.class,
        () -> SubjectKind.check("subject = NOSUCH", "libnosuch.so.2", "install nosuch 2")).getMessage();
    assertEquals("subject = NOSUCH: must be a library that can be loaded here, and libnosuch.so.2 cannot; install"
        + " nosuch 2", message);
  }

  private static Shape shape(int size, boolean zeroed) {
    return Shape.of(size, SLOTS, zeroed, false, Tunables.defaults());
  }

  private record Broken(java.util.function.IntFunction<MemorySegment> memories) implements Subject {
    @Override
    public void alloc(int slot) {}

    @Override
    public void calloc(int slot) {}

    @Override
    public void memalign(int slot, long alignment) {}

    @Override
    public void realloc(int slot, int old) {}

    @Override
    public void free(int slot) {}

    @Override
    public boolean isLive(int slot) {
      return true;
    }

    @Override
    public void touch(int slot) {}

    @Override
    public Outside outside() {
      return Outside.NONE;
    }

    @Override
    public MemorySegment memory(int slot) {
      return memories.apply(slot);
    }

    @Override
    public Subject view() {
      return this;
    }
  }
}
