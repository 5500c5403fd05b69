package dev.slablab.slab;

import module java.base;
import dev.slablab.page.Memory;
import org.jspecify.annotations.Nullable;

/** Bytes that nobody may have changed: what differs, in words and as a dump. Offsets are from the object. */
public final class Damage {
  private static final int LINE = 16;
  private static final int LINES = 6;

  private Damage() {}

  /** Null when the bytes of a range are as they must be known to be; -1 = anything. */
  public static @Nullable String find(long object, long size, long from, long to, boolean inUse,
      LongToIntFunction known) {
    MemorySegment all = Memory.segment(object + from, to - from);
    LongPredicate isWrong = i -> known.applyAsInt(i) >= 0 && byteAt(all, i - from) != known.applyAsInt(i);
    LongSummaryStatistics wrong = LongStream.range(from, to).filter(isWrong).summaryStatistics();
    if (wrong.getCount() == 0) {
      return null;
    }
    long first = wrong.getMin();
    long last = wrong.getMax();
    int found = byteAt(all, first - from);
    int expected = known.applyAsInt(first);
    String kind = !inUse ? "write after free" : last < 0 ? "underrun" : first >= 0 ? "overrun" : "underrun and overrun";
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT,
        "%s: %d bytes changed, in %d..%d of an object of %d bytes; expected 0x%02x at %d, found 0x%02x", kind,
        wrong.getCount(), first, last, size, expected, first, found));
    if (wrong.getCount() == 1 && Integer.bitCount(expected ^ found) == 1) {
      text.append("\n  a single bit differs: perhaps the memory is faulty");
    }
    LongStream.rangeClosed(first, last).filter(isWrong).map(i -> i & -LINE).distinct().limit(LINES).forEach(line -> {
      long start = Math.max(line, from);
      text.append(String.format(Locale.ROOT, "\n%8d: %s", start,
          dump(object + start, Math.min(line + LINE, to) - start)));
    });
    return text.toString();
  }

  public static String dump(long address, long length) {
    return HexFormat.ofDelimiter(" ").formatHex(Memory.segment(address, length).toArray(ValueLayout.JAVA_BYTE));
  }

  private static int byteAt(MemorySegment memory, long at) {
    return memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }
}
