package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.slablab.page.Memory;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.ManualClock;
import dev.slablab.testing.OpenKmems;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Page runs stay for a while after they were freed: reused, zeroed when asked, bounded, and given up in a shortage. */
class KeptRunsTest {
  private static final long SECOND = 1_000_000_000;
  private static final long MIB = 1 << 20;

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();
  private final ManualClock clock = new ManualClock();

  private Kmem open(GeneralVariants variant, long limit) {
    return kmems.openTimed(variant.builder().clock(clock).tunable(Tunable.SLAB_DECAY, 1000)
        .tunable(Tunable.MEMORY_LIMIT, limit));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void theNextRunOfAboutThatSizeIsTheSame(GeneralVariants variant) {
    Kmem kmem = open(variant, 0);
    long first = kmem.alloc(MIB);
    Memory.fill(first, MIB, (byte) 7);
    kmem.free(first);
    assertEquals(0, kmem.runBytes(), "not in use");
    assertEquals(MIB, kmem.heldBytes(), "but here");
    long other = kmem.alloc(MIB / 2);
    assertNotEquals(first, other, "far too large for that");
    long zeroed = kmem.allocZeroed(MIB - 4096);
    assertEquals(first, zeroed);
    assertEquals(MIB, kmem.usableSize(zeroed));
    for (long at = 0; at < MIB - 4096; at += 8) {
      assertEquals(0, Memory.getLong(zeroed + at));
    }
    kmem.verify();
    kmem.free(zeroed);
    kmem.free(other);
    assertEquals(MIB + MIB / 2, kmem.reap());
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void oldOnesGoWithTheNextFree(GeneralVariants variant) {
    Kmem kmem = open(variant, 0);
    long old = kmem.alloc(MIB);
    long young = kmem.alloc(MIB);
    kmem.free(old);
    clock.advance(SECOND);
    kmem.free(young);
    assertEquals(2 * MIB, kmem.heldBytes());
    clock.advance(1);
    kmem.free(kmem.alloc(MIB / 4));
    assertEquals(MIB + MIB / 4, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void noMoreThanABoundIsKept(GeneralVariants variant) {
    Kmem kmem = open(variant, 0);
    long[] blocks = new long[10];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = kmem.alloc(MIB);
    }
    for (long block : blocks) {
      kmem.free(block);
    }
    assertEquals(8 * MIB, kmem.heldBytes());
    long large = kmem.alloc(84 * MIB);
    kmem.free(large);
    assertEquals(8 * MIB, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aShortageGetsThem(GeneralVariants variant) {
    Kmem kmem = open(variant, 4 * MIB);
    kmem.free(kmem.alloc(3 * MIB));
    long run = kmem.alloc(2 * MIB, AllocMode.NOSLEEP);
    assertNotEquals(0, run);
    kmem.free(run);
    long block = kmem.alloc(3 * MIB);
    kmem.free(block);
    for (int i = 0; i < 100; i++) {
      kmem.free(kmem.alloc(64 << 10)); // a slab's shortage reaps them too
    }
  }
}
