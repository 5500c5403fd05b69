package dev.slablab.bench.replay;

import module java.base;
import dev.slablab.bench.subject.*;

/** What the passes do at an event. */
final class Steps {
  private Steps() {}

  /** The event, and the first byte of each page of what it allocates. */
  static IntConsumer timing(Trace trace, Subject blocks) {
    return event -> {
      perform(trace, blocks, event);
      if (trace.verb[event] != Trace.FREE) {
        blocks.touch(trace.block[event]);
      }
    };
  }

  private static void perform(Trace trace, Subject blocks, int event) {
    int block = trace.block[event];
    switch (trace.verb[event]) {
      case Trace.MALLOC -> blocks.alloc(block);
      case Trace.CALLOC -> blocks.calloc(block);
      case Trace.MEMALIGN -> blocks.memalign(block, trace.with[event]);
      case Trace.REALLOC -> blocks.realloc(block, trace.with[event]);
      default -> blocks.free(block);
    }
  }

  /** How many requests were served with the same number of usable bytes, and what they asked for. */
  record Served(LongAdder requests, LongAdder bytes) {}

  /**
   * The event and its proof: every block has a pattern of its own from its first moment to its last; what calloc gives
   * is zero, what memalign gives is aligned, what realloc gives begins with the old contents. Fills the classes:
   * requests by usable bytes.
   */
  record Checking(Trace trace, Subject blocks, Map<Long, Served> classes) implements IntConsumer {
    Checking(Trace trace, Subject blocks) {
      this(trace, blocks, new ConcurrentSkipListMap<>());
    }

    @Override
    public void accept(int event) {
      int ends = trace.needs(event);
      if (ends >= 0) {
        same(ends, ends, trace.size[ends], "at its end");
      }
      perform(trace, blocks, event);
      if (trace.verb[event] == Trace.FREE) {
        return;
      }
      int block = trace.block[event];
      long bytes = trace.size[block];
      if (trace.verb[event] == Trace.CALLOC) {
        long wrong = firstNotZero(block);
        require(wrong < 0, block, "calloc, byte " + wrong + " is not 0");
      } else if (trace.verb[event] == Trace.REALLOC) {
        same(block, ends, Math.min(bytes, trace.size[ends]), "moved by realloc");
      } else if (trace.verb[event] == Trace.MEMALIGN) {
        require(!blocks.aligns() || blocks.memory(block).address() % trace.with[event] == 0, block,
            "not aligned to " + trace.with[event]);
      }
      long usable = blocks.usable(block);
      require(usable < 0 || usable >= bytes, block, "usable bytes = " + usable);
      if (usable >= 0) {
        Served served = classes.computeIfAbsent(usable, any -> new Served(new LongAdder(), new LongAdder()));
        served.requests.increment();
        served.bytes.add(bytes);
      }
      Patterns.write(blocks.memory(block), block);
    }

    private long firstNotZero(int block) {
      MemorySegment memory = blocks.memory(block);
      for (long at = 0; at < memory.byteSize(); at++) {
        if (memory.get(ValueLayout.JAVA_BYTE, at) != 0) {
          return at;
        }
      }
      return -1;
    }

    private void same(int block, int pattern, long bytes, String when) {
      long wrong = Patterns.firstWrong(blocks.memory(block).asSlice(0, bytes), pattern);
      require(wrong < 0, block, when + ", byte " + wrong + " is not what was written");
    }

    private void require(boolean holds, int block, String complaint) {
      if (!holds) {
        throw new IllegalStateException("block of " + trace.size[block] + " bytes: " + complaint);
      }
    }
  }

  /** Nothing may be live behind a pass. */
  static void checkAllFreed(Trace trace, Subject blocks) {
    for (int block = 0; block < trace.size.length; block++) {
      if (blocks.isLive(block)) {
        throw new IllegalStateException("trace = " + trace.name + ": block " + block + " was not freed");
      }
    }
  }
}
