package dev.slablab.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** What is collected when several steps fail. */
class FailuresTest {
  private final Failures failures = new Failures();

  @Test
  void withoutFailureNothingIsThrown() {
    failures.run(() -> { });
    failures.rethrow();
    assertNull(failures.first());
  }

  @Test
  void theFirstIsThrownTheOthersAreSuppressedInIt() {
    RuntimeException first = new RuntimeException("first");
    Error second = new AssertionError("second");
    failures.add(first);
    failures.add(first); // one and the same object twice: nothing suppresses itself
    failures.run(() -> {
      throw second;
    });
    assertSame(first, assertThrows(RuntimeException.class, failures::rethrow));
    assertEquals(1, first.getSuppressed().length);
    assertSame(second, first.getSuppressed()[0]);
  }

  @Test
  void whatIsTooManyIsCountedOnce() {
    for (int i = 0; i <= 1_000; i++) {
      failures.add(new RuntimeException("failure " + i));
    }
    failures.add(failures.first()); // was kept
    for (int look = 0; look < 2; look++) {
      Throwable[] others = assertThrows(RuntimeException.class, failures::rethrow).getSuppressed();
      assertEquals(33, others.length);
      assertEquals("failure 32", others[31].getMessage());
      assertEquals("failures not kept = 968", others[32].getMessage());
    }
  }
}
