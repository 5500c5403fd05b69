package dev.slablab.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.KmemCache;
import dev.slablab.spec.AllocMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** The objects a test holds: each must be aligned, apart from all others, and keep what was written into it. */
public final class Live {
  /** Beyond this, only the ends of an object are written: enough to meet its neighbours. */
  private static final long FILLED_WHOLE = 64 << 10;
  private static final long END = 4096;

  private record Entry(KmemCache cache, long address, long tag) {}

  private final List<Entry> entries = new ArrayList<>();
  private final TreeMap<Long, Long> ends = new TreeMap<>();
  private long tags;

  /** Allocates an object, checks its address and fills it. */
  public long alloc(KmemCache cache) {
    return alloc(cache, AllocMode.SLEEP);
  }

  /** Allocates an object, checks its address and fills it. */
  public long alloc(KmemCache cache, AllocMode mode) {
    long address = cache.alloc(mode);
    long size = cache.spec().size();
    String what = "0x" + Long.toHexString(address) + " of " + cache.spec();
    assertNotEquals(0, address, what);
    assertEquals(0, address & (cache.spec().align() - 1), what);
    Map.Entry<Long, Long> below = ends.lowerEntry(address + size);
    assertTrue(below == null || below.getValue() <= address, "overlaps another live object: " + what);
    ends.put(address, address + size);
    Entry entry = new Entry(cache, address, tags++);
    entries.add(entry);
    fill(entry);
    return address;
  }

  /** Frees a random object, checking it before. */
  public void freeAny(Random random) {
    int last = entries.size() - 1;
    int index = random.nextInt(entries.size());
    Entry entry = entries.set(index, entries.get(last));
    entries.remove(last);
    check(entry);
    ends.remove(entry.address);
    entry.cache.free(entry.address);
  }

  /** Frees all objects, oldest first, checking every one before. */
  public void freeAll() {
    checkAll();
    for (Entry entry : entries) {
      entry.cache.free(entry.address);
    }
    entries.clear();
    ends.clear();
  }

  /** Looks at every object. */
  public void checkAll() {
    entries.forEach(Live::check);
  }

  /** {@return how many there are} */
  public int size() {
    return entries.size();
  }

  private static void fill(Entry entry) {
    long size = entry.cache.spec().size();
    if (size <= FILLED_WHOLE) {
      Pattern.fill(entry.address, size, entry.tag);
    } else {
      Pattern.fill(entry.address, END, entry.tag);
      Pattern.fill(tail(entry.address, size), entry.address + size - tail(entry.address, size), entry.tag);
    }
  }

  private static void check(Entry entry) {
    long size = entry.cache.spec().size();
    if (size <= FILLED_WHOLE) {
      Pattern.check(entry.address, size, entry.tag);
    } else {
      Pattern.check(entry.address, END, entry.tag);
      Pattern.check(tail(entry.address, size), entry.address + size - tail(entry.address, size), entry.tag);
    }
  }

  private static long tail(long address, long size) {
    return (address + size - END) & -8;
  }
}
