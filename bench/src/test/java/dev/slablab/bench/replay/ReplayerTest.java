package dev.slablab.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.bench.subject.Subject;
import dev.slablab.bench.subject.SubjectKind;
import dev.slablab.spec.KmemException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every subject keeps every block intact, in order and concurrently; and allocators that do not are found out. */
class ReplayerTest {
  @TempDir private Path folder;

  /** Without those that need a JVM of their own: ReplayCommandTest. */
  static List<SubjectKind> subjects() {
    return SubjectKind.general().stream()
        .filter(kind -> kind != SubjectKind.MIMALLOC && kind != SubjectKind.JEMALLOC).toList();
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void everySubjectKeepsEveryBlock(SubjectKind subject) throws IOException {
    Trace few = TraceReaderTest.parse(folder, TraceReaderTest.ALL_VERBS);
    Trace many = crowd(20, 6000, 5);
    assertEquals(20, many.threads);
    assertTrue(many.crossing.cardinality() > 1000, "threads free each other's blocks");
    for (Trace trace : List.of(few, many)) {
      for (boolean concurrent : new boolean[] {false, true}) {
        try (Subject blocks = subject.open(trace.shape())) {
          for (int pass = 0; pass < 3; pass++) {
            List<List<Long>> classes = ReplayFork.check(trace, blocks, concurrent);
            assertTrue(classes.isEmpty() || classes.stream().mapToLong(row -> row.get(1)).sum() == trace.size.length);
            long nanos = new Replayer(trace, concurrent, Steps.timing(trace, blocks)).run();
            assertTrue(nanos > 0);
            Steps.checkAllFreed(trace, blocks);
          }
        }
      }
    }
  }

  @Test
  void blocksOf84Megabytes() throws IOException {
    Trace trace = TraceReaderTest.parse(folder, "1: malloc 0x10 84000000\n2: realloc 0x20 0x10 84000001\n"
        + "2: calloc 0x30 84000 1000\n1: free 0x20\n");
    for (SubjectKind subject : List.of(SubjectKind.SLABLAB, SubjectKind.NETTY_ADAPTIVE)) {
      try (Subject blocks = subject.open(trace.shape())) {
        assertEquals(subject == SubjectKind.SLABLAB, !ReplayFork.check(trace, blocks, true).isEmpty());
      }
    }
  }

  /** Address reuse and frees by any thread; the seed is in the name. */
  private Trace crowd(int threads, int events, long seed) throws IOException {
    Random random = new Random(seed);
    List<Integer> live = new ArrayList<>();
    List<Integer> free = new ArrayList<>();
    for (int address = 1; address <= 64; address++) {
      free.add(address);
    }
    StringBuilder text = new StringBuilder("# seed " + seed + "\n");
    for (int event = 0; event < events; event++) {
      int thread = event < threads ? event : random.nextInt(threads);
      int what = live.isEmpty() || event < threads ? 0 : free.isEmpty() ? 4 : random.nextInt(8);
      int size = random.nextInt(20) == 0 ? random.nextInt(300_000) : random.nextInt(2000);
      if (what >= 4) {
        text.append(thread + ": free 0x" + Integer.toHexString(move(live, free, random)) + "\n");
      } else if (what == 3) {
        String old = Integer.toHexString(move(live, free, random));
        text.append(thread + ": realloc 0x" + Integer.toHexString(move(free, live, random)) + " 0x" + old + " " + size
            + "\n");
      } else {
        String to = Integer.toHexString(move(free, live, random));
        text.append(thread + List.of(": malloc 0x" + to + " ", ": calloc 0x" + to + " 1 ", 
            ": memalign 0x" + to + " 64 ").get(what) + size + "\n");
      }
    }
    return TraceReaderTest.parse(folder, text.toString());
  }

  private static int move(List<Integer> from, List<Integer> to, Random random) {
    Integer moved = from.remove(random.nextInt(from.size()));
    to.add(moved);
    return moved;
  }

  @ParameterizedTest
  @CsvSource({"NONE, ''", "OVERLAP, is not what was written",
      "DIRTY_CALLOC, 'line 2: block of 300 bytes: calloc, byte'",
    "NO_COPY, moved by realloc", "CROOKED, not aligned to 64", "SHORT, usable bytes = 9", "LOST_FREE, was not freed",
    "NO_MEMORY, 'line 4: java.lang.OutOfMemoryError'"})
  void brokenAllocatorsAreFoundOut(Fault fault, String message) throws IOException {
    Trace trace = TraceReaderTest.parse(folder, "1: malloc 0x10 10\n1: calloc 0x20 3 100\n1: memalign 0x30 64 10\n"
        + "2: realloc 0x40 0x10 20\n2: free 0x20\n1: free 0x30\n1: free 0x40\n");
    for (boolean concurrent : new boolean[] {false, true}) {
      // Thread 2 may be done with the first block before the second is there.
      if (concurrent && fault == Fault.OVERLAP) {
        continue;
      }
      Broken broken = new Broken(trace, fault);
      if (fault == Fault.NONE) {
        assertEquals(4, ReplayFork.check(trace, broken, concurrent).stream().mapToLong(row -> row.get(1)).sum());
      } else {
        String text = assertThrows(IllegalStateException.class,
            () -> ReplayFork.check(trace, broken, concurrent)).getMessage();
        assertTrue(text.contains(message), text);
      }
    }
  }

  /** Whoever waits for a block of the thread that failed must end too, without that block. */
  @Test
  void aFailureEndsTheThreadsThatWait() throws IOException {
    Trace trace = TraceReaderTest.parse(folder, "1: malloc 0x10 10\n2: malloc 0x20 10\n2: free 0x10\n1: free 0x20\n");
    List<Integer> done = java.util.Collections.synchronizedList(new ArrayList<>());
    for (boolean concurrent : new boolean[] {false, true}) {
      done.clear();
      String text = assertThrows(IllegalStateException.class, () -> new Replayer(trace, concurrent, event -> {
        if (event == 0) {
          throw new IllegalStateException("broken");
        }
        done.add(event);
      }).run()).getMessage();
      assertTrue(text.endsWith(", line 1: broken"), text);
      assertTrue(!done.contains(2) && !done.contains(3), done::toString);
    }
  }

  @Test
  void slablabCountsWhatWasNotFreed() {
    Subject blocks = SubjectKind.SLABLAB.open(Synthetic.tiny().shape());
    blocks.alloc(0);
    assertThrows(KmemException.Leak.class, blocks::close);
  }

  @Test
  void orderedIsTheOrderOfTheFile() throws IOException {
    Trace trace = crowd(7, 2000, 3);
    AtomicInteger next = new AtomicInteger();
    Map<String, Integer> threads = new HashMap<>();
    new Replayer(trace, false, event -> {
      assertEquals(next.getAndIncrement(), event);
      assertEquals(trace.thread[event], threads.computeIfAbsent(Thread.currentThread().getName(),
          any -> (int) trace.thread[event]));
    }).run();
    assertEquals(trace.events(), next.get());
    assertEquals(7, threads.size(), "one worker for each thread");
  }

  private enum Fault { NONE, OVERLAP, DIRTY_CALLOC, NO_COPY, CROOKED, SHORT, LOST_FREE, NO_MEMORY }

  /** One byte array, never reused, and one fault. */
  private static final class Broken implements Subject {
    private final Trace trace;
    private final Fault fault;
    private final MemorySegment memory = java.lang.foreign.Arena.ofAuto().allocate(4096, 4096);
    private final long[] at;
    private long used;

    Broken(Trace trace, Fault fault) {
      this.trace = trace;
      this.fault = fault;
      at = new long[trace.size.length];
      used = 64;
    }

    @Override
    public synchronized void alloc(int block) {
      at[block] = fault == Fault.OVERLAP && block == 2 ? at[0] : used;
      used = (used + trace.size[block] + 63) & -64;
    }

    @Override
    public void calloc(int block) {
      alloc(block);
      if (fault == Fault.DIRTY_CALLOC) {
        memory(block).asSlice(trace.size[block] - 1).fill((byte) 1);
      }
    }

    @Override
    public void memalign(int block, long alignment) {
      alloc(block);
      at[block] += fault == Fault.CROOKED ? 8 : 0;
    }

    @Override
    public void realloc(int block, int old) {
      if (fault == Fault.NO_MEMORY) {
        throw new OutOfMemoryError("none");
      }
      alloc(block);
      if (fault != Fault.NO_COPY) {
        memory(block).copyFrom(memory(old).asSlice(0, Math.min(trace.size[old], trace.size[block])));
      }
      at[old] = 0;
    }

    @Override
    public void free(int block) {
      at[block] = fault == Fault.LOST_FREE ? at[block] : 0;
    }

    @Override
    public synchronized boolean isLive(int block) {
      return at[block] != 0;
    }

    @Override
    public void touch(int block) {}

    @Override
    public Subject view() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Outside outside() {
      throw new UnsupportedOperationException();
    }

    @Override
    public MemorySegment memory(int block) {
      return memory.asSlice(at[block], trace.size[block]);
    }

    @Override
    public long usable(int block) {
      return fault == Fault.SHORT ? 9 : trace.size[block];
    }
  }
}
