package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.page.Area;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Checks of the checkers: allocators broken on purpose, which the concurrent tests' detectors must catch. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentCheckerControlTest {
  private static final int SIZE = 64;
  private static final int OBJECTS = 256;
  private static final int THREADS = 4;
  /** A broken twin is caught within so many operations a thread; in practice within thousands. */
  private static final int OPERATIONS = 20_000_000;

  /** A magazine: with its lock as it should be, without it broken. */
  private static final class Twin {
    private final long[] stack = new long[OBJECTS];
    private final boolean locked;
    private int avail;

    Twin(Arena arena, boolean locked) {
      this.locked = locked;
      long base = arena.allocate((long) SIZE * OBJECTS, SIZE).address();
      for (int i = 0; i < OBJECTS; i++) {
        stack[avail++] = base + (long) i * SIZE;
      }
    }

    long alloc() {
      if (locked) {
        synchronized (this) {
          return pop();
        }
      }
      return pop();
    }

    void free(long object) {
      if (locked) {
        synchronized (this) {
          push(object);
        }
      } else {
        push(object);
      }
    }

    private long pop() {
      int n = avail;
      if (n == 0) {
        return 0;
      }
      avail = n - 1;
      return stack[n - 1];
    }

    private void push(long object) {
      int n = Math.min(avail, OBJECTS - 1);
      stack[n] = object;
      avail = n + 1;
    }

    /** What a walk finds wrong after the storm: objects that stand there twice or not at all. */
    int lost() {
      Set<Long> seen = new HashSet<>();
      for (int i = 0; i < avail; i++) {
        seen.add(stack[i]);
      }
      return OBJECTS - seen.size();
    }
  }

  private static void storm(Twin twin, int operations) throws InterruptedException {
    ConcurrentOwners owners = new ConcurrentOwners(SIZE);
    AtomicBoolean caught = new AtomicBoolean();
    AtomicLong next = new AtomicLong();
    ConcurrentKit.together(THREADS, 0, index -> {
      try {
        for (int i = 0; i < operations && !caught.get(); i++) {
          long object = twin.alloc();
          if (object != 0) {
            long owner = next.incrementAndGet();
            owners.took(object, owner);
            owners.gives(object, owner);
            twin.free(object);
          }
        }
      } catch (AssertionError e) {
        caught.set(true);
        throw e;
      }
    });
  }

  @Test
  void aMagazineWithoutItsLockIsCaught() {
    try (Arena arena = Arena.ofShared()) {
      Twin broken = new Twin(arena, false);
      AssertionError caught = assertThrows(AssertionError.class, () -> storm(broken, OPERATIONS));
      assertTrue(caught.getMessage().contains("handed out twice") || caught.getMessage().contains("another's data"),
          caught.getMessage());
    }
  }

  @Test
  void theSameMagazineWithItsLockPasses() {
    try (Arena arena = Arena.ofShared()) {
      Twin sound = new Twin(arena, true);
      assertDoesNotThrow(() -> storm(sound, 200_000));
      assertEquals(0, sound.lost());
    }
  }

  @Test
  void objectsThatOverlapAreCaught() {
    try (Arena arena = Arena.ofConfined()) {
      long base = arena.allocate(3L * SIZE, SIZE).address();
      ConcurrentOwners owners = new ConcurrentOwners(SIZE);
      owners.took(base, 1);
      owners.took(base + SIZE, 2); // neighbours do not disturb each other
      assertThrows(AssertionError.class, () -> owners.took(base + SIZE - 8, 3));
      assertThrows(AssertionError.class, () -> owners.gives(base, 1));
    }
  }

  @Test
  void theSameObjectTwiceAndAnothersDataAreCaught() {
    try (Arena arena = Arena.ofConfined()) {
      long object = arena.allocate(SIZE, SIZE).address();
      ConcurrentOwners owners = new ConcurrentOwners(SIZE);
      owners.took(object, 1);
      owners.gives(object, 1);
      owners.took(object, 2);
      assertThrows(AssertionError.class, () -> owners.took(object, 3));
      assertThrows(AssertionError.class, () -> owners.gives(object, 2));
      assertThrows(AssertionError.class, () -> owners.took(0, 4));
    }
  }

  @Test
  void theBooksOfTheFaultSourceCatchWrongFrees() {
    FaultSource source = new FaultSource();
    long run = source.allocate(8192, Area.OBJECTS);
    source.free(run, 4096, Area.OBJECTS);
    assertEquals(1, source.wrong().size(), "another length");
    long second = source.allocate(8192, Area.OBJECTS);
    source.free(second, 8192, Area.OBJECTS);
    source.free(second, 8192, Area.OBJECTS);
    assertEquals(2, source.wrong().size(), "twice");
    assertEquals(0, source.outstanding());
    source.close();
    source.free(second, 8192, Area.OBJECTS);
    assertEquals(3, source.wrong().size(), "after the end");
  }
}
