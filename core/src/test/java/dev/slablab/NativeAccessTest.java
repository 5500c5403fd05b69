package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.ForkedJvm;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM that denies native access gets no instance, and is told why, whatever pages would come from. */
class NativeAccessTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void deniedIsSaidAtOnce(int pageSource) {
    ForkedJvm.Result denied = run(pageSource, ForkedJvm.DENY);
    assertEquals(0, denied.exit(), denied.output());
    assertTrue(denied.output().contains("native access = denied: must be enabled; start the JVM with"
        + " --enable-native-access=ALL-UNNAMED"), denied.output());
    assertTrue(run(pageSource, "-ea").output().contains("an instance"), "and only then");
  }

  private static ForkedJvm.Result run(int pageSource, String option) {
    return ForkedJvm.run(List.of(option, "-Dslablab.page_source=" + pageSource), NativeAccessTest.class.getName(),
        List.of(), 60);
  }

  /** Tries to have an instance. */
  public static void main(String[] args) {
    try (Kmem kmem = Kmem.create(); KmemCache cache = kmem.createCache(CacheSpec.of("one", 64))) {
      cache.free(cache.alloc());
      System.out.println("an instance");
    } catch (KmemException.Usage e) {
      System.out.println(e.getMessage());
    }
  }
}
