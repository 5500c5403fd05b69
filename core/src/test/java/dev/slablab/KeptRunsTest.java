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
    return kmems.openTimed(variant.builder().clock(clock)
        .tunable(Tunable.SLAB_DECAY, 100_000) // for runs a hundredth: a second
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
    assertEquals(MIB, kmem.reap(), "the other was one too many");
    assertEquals(0, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void oldOnesGoWithTheNextFree(GeneralVariants variant) {
    Kmem kmem = open(variant, 0);
    long old = kmem.alloc(MIB / 4);
    long young = kmem.alloc(MIB / 4);
    kmem.free(old);
    clock.advance(SECOND);
    kmem.free(young);
    assertEquals(MIB / 2, kmem.heldBytes());
    clock.advance(1);
    kmem.free(kmem.alloc(MIB / 2));
    assertEquals(3 * MIB / 4, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void noMoreThanABoundIsKept(GeneralVariants variant) {
    Kmem kmem = open(variant, 0);
    long[] blocks = new long[32];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = kmem.alloc(MIB);
    }
    for (int i = 0; i < 16; i++) {
      kmem.free(blocks[i]);
    }
    assertEquals(19 * MIB, kmem.heldBytes(), "three are at most an eighth of what was in use");
    for (int i = 16; i < blocks.length; i++) {
      kmem.free(blocks[i]);
    }
    assertEquals(3 * MIB, kmem.heldBytes());
    kmem.free(kmem.alloc(84 * MIB));
    assertEquals(3 * MIB, kmem.heldBytes());
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void aShortageGetsThem(GeneralVariants variant) {
    Kmem kmem = open(variant, 4 * MIB);
    kmem.free(kmem.alloc(MIB));
    assertEquals(MIB, kmem.heldBytes());
    long run = kmem.alloc(3 * MIB + MIB / 2, AllocMode.NOSLEEP);
    assertNotEquals(0, run, "needs the pages that are kept");
    kmem.free(run);
    kmem.free(kmem.alloc(MIB));
    run = kmem.alloc(3 * MIB - MIB / 8);
    long[] blocks = new long[5];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = kmem.alloc(64 << 10); // and so does the last of these slabs
    }
    kmem.free(run);
    for (long block : blocks) {
      kmem.free(block);
    }
  }
}
