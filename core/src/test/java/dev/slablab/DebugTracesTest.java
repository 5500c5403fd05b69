package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.DebugRig.Kind;
import dev.slablab.spec.AllocMode;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.OpenKmems;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What level 3 adds: stacks, leaks grouped by them, a quarantine. */
@Timeout(120)
class DebugTracesTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @EnumSource
  void level3TellsBothStacks(Kind kind) {
    for (int level = 2; level <= 3; level++) {
      DebugRig rig = new DebugRig(kmems, kind, level);
      long object = rig.allocHere(1)[0];
      rig.freeThere(object);
      KmemException twice = assertThrows(KmemException.Corruption.class, () -> rig.cache.free(object));
      DebugRig.flip(object + 7, 1);
      KmemException late = assertThrows(KmemException.Corruption.class,
          level == 3 ? rig.cache::reap : rig.cache::alloc);
      assertTrue(late.getMessage().contains("write after free: 1 bytes changed, in 7..7 "), late.getMessage());
      for (KmemException wrong : new KmemException[] {twice, late}) {
        Throwable[] stacks = wrong.getSuppressed();
        assertEquals(level == 3 ? 2 : 0, stacks.length);
        if (level == 3) {
          String thread = " by thread " + Thread.currentThread().getName();
          assertEquals(List.of("allocated" + thread, "freed" + thread),
              List.of(stacks[0].getMessage(), stacks[1].getMessage()));
          for (Throwable stack : stacks) {
            assertEquals(KmemCache.class.getName(), stack.getStackTrace()[0].getClassName());
          }
          assertTrue(Arrays.toString(stacks[0].getStackTrace()).contains("DebugRig.allocHere"));
          assertTrue(Arrays.toString(stacks[1].getStackTrace()).contains("DebugRig.freeThere"));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void level3GroupsLeaksByStackMostFirst(Kind kind) {
    for (int level = 2; level <= 3; level++) {
      DebugRig rig = new DebugRig(kmems, kind, level);
      long[] few = rig.allocHere(3);
      rig.objects.forEach(rig.cache::free);
      long[] many = rig.allocHere(5);
      String message = assertThrows(KmemException.Leak.class, rig.cache::close).getMessage();
      assertTrue(message.contains("8 objects in use"), message);
      int first = message.indexOf("\n  5 objects allocated\n    at dev.slablab.KmemCache.");
      int second = message.indexOf("\n  3 objects allocated\n    at dev.slablab.KmemCache.");
      assertEquals(level == 3, first > 0 && second > first && message.contains("allocHere"), message);
      Arrays.stream(few).forEach(rig.cache::free);
      Arrays.stream(many).forEach(rig.cache::free);
      rig.cache.close();
    }
  }

  /** First in, first out, bounded: the twin hands a freed object out again at once. */
  @ParameterizedTest
  @EnumSource
  void level3KeepsFreedObjectsForAWhile(Kind kind) {
    for (int level = 2; level <= 3; level++) {
      DebugRig rig = new DebugRig(kmems, kind, level);
      long[] live = rig.allocHere(300);
      long first = live[0];
      rig.cache.free(first);
      long next = rig.cache.alloc();
      assertEquals(level == 2, next == first);
      if (level == 3) {
        for (int i = 1; i <= 255; i++) {
          rig.cache.free(live[i]);
        }
        assertNotEquals(first, rig.cache.alloc(), "255 behind it: still there");
        rig.cache.free(live[256]);
        assertEquals(first, rig.cache.alloc(), "256 behind it: the first one left");
      }
    }
  }

  /** Neither one that may not wait for memory, nor one that may: what is in quarantine is free memory. */
  @ParameterizedTest
  @EnumSource
  void aQuarantineThatHasAllThereIsStarvesNobody(Kind kind) {
    for (AllocMode mode : AllocMode.values()) {
      Kmem kmem = kmems.openTimed(Kmem.builder().tunables(DebugRig.tunables())
          .tunable(Tunable.MEMORY_LIMIT, 256 << 10));
      KmemCache cache = kmem.createCache(kind.spec("all", 3));
      List<Long> all = new ArrayList<>();
      for (long got; (got = cache.alloc(AllocMode.NORETRY)) != 0;) {
        all.add(got);
      }
      all.subList(0, 40).forEach(cache::free);
      long object = cache.alloc(mode);
      assertNotEquals(0, object);
      cache.free(object);
      all.subList(40, all.size()).forEach(cache::free);
      cache.reap();
      assertEquals(0, cache.stats().objects().inMagazines(), "a reap empties it"); // a slab may still be under way
    }
  }
}
