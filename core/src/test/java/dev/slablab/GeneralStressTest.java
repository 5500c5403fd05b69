package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Pattern;
import dev.slablab.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Blocks of all sizes on several threads, freed and reallocated here or elsewhere: nobody's content is touched. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneralStressTest {
  private static final int THREADS = 4;
  private static final int STEPS = 5_000;

  /** A block holds its pattern; the tag is its own. */
  private record Block(long address, long size, long tag) {}

  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  @ParameterizedTest
  @MethodSource("dev.slablab.GeneralVariants#all")
  void patternsSurvive(GeneralVariants variant) {
    Seeds.run(random -> {
      Kmem kmem = kmems.open(variant.builder());
      ConcurrentLinkedQueue<Block> elsewhere = new ConcurrentLinkedQueue<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
        List<Future<?>> all = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
          long seed = random.nextLong();
          all.add(threads.submit(() -> work(kmem, new Random(seed), elsewhere)));
        }
        for (Future<?> one : all) {
          one.get();
        }
      } catch (InterruptedException | ExecutionException e) {
        throw new AssertionError(e);
      }
      for (Block block : elsewhere) {
        free(kmem, block);
      }
      kmem.verify();
      assertEquals(0, kmem.runs());
      assertEquals(0, kmem.caches().stream().mapToLong(cache -> cache.stats().objects().inuse()).sum());
      assertTrue(kmem.caches().size() > 10);
    });
  }

  private static void work(Kmem kmem, Random random, ConcurrentLinkedQueue<Block> elsewhere) {
    List<Block> mine = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      Block block = take(mine, random, elsewhere);
      switch (block == null ? 0 : random.nextInt(8)) {
        case 0, 1, 2 -> {
          if (block != null) {
            mine.add(block);
          }
          mine.add(alloc(kmem, random));
        }
        case 3 -> {
          Pattern.check(block.address, block.size, block.tag);
          long size = size(random);
          long moved = kmem.realloc(block.address, size);
          Pattern.fill(moved, size, block.tag);
          mine.add(new Block(moved, size, block.tag));
        }
        case 4 -> elsewhere.add(block);
        default -> free(kmem, block);
      }
    }
    for (Block block : mine) {
      free(kmem, block);
    }
  }

  private static Block take(List<Block> mine, Random random, ConcurrentLinkedQueue<Block> elsewhere) {
    Block block = random.nextInt(4) == 0 ? elsewhere.poll() : null;
    return block != null || mine.isEmpty() ? block : mine.remove(random.nextInt(mine.size()));
  }

  private static Block alloc(Kmem kmem, Random random) {
    long size = size(random);
    long tag = random.nextInt(1 << 20);
    AllocMode mode = random.nextInt(4) == 0 ? AllocMode.NOSLEEP : AllocMode.SLEEP;
    long address = random.nextInt(16) == 0 ? kmem.allocAligned(size, 8L << random.nextInt(14)) : kmem.alloc(size, mode);
    Pattern.fill(address, size, tag);
    return new Block(address, size, tag);
  }

  /** Every order of magnitude equally often, page runs among them. */
  private static long size(Random random) {
    return random.nextLong(1L << random.nextInt(4, 19));
  }

  private static void free(Kmem kmem, Block block) {
    Pattern.check(block.address, block.size, block.tag);
    kmem.free(block.address);
  }
}
