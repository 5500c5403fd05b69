package dev.slablab;

import dev.slablab.page.Area;
import dev.slablab.page.Memory;
import dev.slablab.page.RangePageSource;
import dev.slablab.spec.*;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What {@link OsRefusalTest} runs in a JVM of its own, to which the system refuses memory. */
final class OsRefusal {
  private static final int SIZE = 16 << 20;

  private OsRefusal() {}

  public static void main(String[] args) throws Throwable {
    if (args[0].equals("locked")) {
      locked();
      return;
    }
    try (Kmem kmem = Kmem.builder().tunable(Tunable.ALLOC_TIMEOUT, 0).build()) {
      Arena ballast = Arena.ofShared(); // so that the JVM itself finds what it needs when we have taken all
      boolean _ = ballast.allocate(8 << 20).isNative();
      KmemCache cache = kmem.createCache(CacheSpec.of("hungry", SIZE).flags(CacheFlag.KVMEM).objectsPerSlab(1));
      List<Long> live = new ArrayList<>();
      String message = exhaust(cache, live);
      check(cache.alloc(AllocMode.NORETRY) == 0, "NORETRY gives none");
      List<Long> urgent = new ArrayList<>();
      for (long object = cache.alloc(AllocMode.NOSLEEP); object != 0; object = cache.alloc(AllocMode.NOSLEEP)) {
        urgent.add(object);
        check(urgent.size() <= 16, "emergency objects have a quarter of the range");
      }
      urgent.forEach(cache::free);
      ballast.close();
      System.out.println("source: " + kmem.pageSource());
      System.out.println("message: " + message);
      System.out.println("objects=" + live.size());
      int before = live.size();
      check(before > 2, "there was something");
      check(kmem.alloc(2 * SIZE, AllocMode.NOSLEEP) == 0, "nor is there a page run");
      try {
        kmem.free(kmem.alloc(2 * SIZE));
        check(false, "SLEEP throws");
      } catch (KmemException.NoMemory e) {
        System.out.println("run: " + e.getMessage());
      }
      cache.verify();
      for (int i = 0; i < before / 2; i++) {
        give(cache, live.removeLast());
      }
      while (live.size() < before - 1) { // the system may keep a little for itself
        live.add(take(cache));
      }
      live.forEach(object -> give(cache, object));
      live.clear();
      cache.verify();
      long _ = kmem.reap();
      check(kmem.heldBytes() == 0, "all went back: " + kmem.heldBytes());
      String _ = exhaust(cache, live);
      check(live.size() >= before - 1, "as many as before: " + live.size() + " of " + before);
      live.forEach(object -> give(cache, object));
    }
    System.out.println("done");
  }

  private static String exhaust(KmemCache cache, List<Long> live) {
    try {
      for (;;) {
        live.add(take(cache));
      }
    } catch (KmemException.NoMemory e) {
      return e.getMessage();
    }
  }

  private static long take(KmemCache cache) {
    long object = cache.alloc();
    check(Memory.getLong(object) != object, "handed out twice");
    Memory.putLong(object, object);
    Memory.putLong(object + SIZE - 8, ~object);
    return object;
  }

  private static void give(KmemCache cache, long object) {
    check(Memory.getLong(object) == object && Memory.getLong(object + SIZE - 8) == ~object, "kept its content");
    Memory.putLong(object, 0);
    cache.free(object);
  }

  /**
   * Pages that the program locked cannot be given back: {@code madvise} fails, and they must read as zero all the same.
   */
  @SuppressWarnings("restricted") // the system call is what makes the other fail
  private static void locked() throws Throwable {
    long bytes = 16 << 10;
    try (RangePageSource source = Objects.requireNonNull(RangePageSource.reserve(1L << 30, false))) {
      long run = source.allocate(bytes, Area.OBJECTS);
      long above = source.allocate(bytes, Area.OBJECTS); // residentBytes looks no further than the last run in use
      Memory.fill(run, bytes, (byte) 7);
      Linker linker = Linker.nativeLinker();
      int locked = (int) linker.downcallHandle(linker.defaultLookup().findOrThrow("mlock"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG))
          .invokeExact(run, bytes);
      System.out.println("locked=" + (locked == 0 ? 1 : 0));
      source.free(run, bytes, Area.OBJECTS);
      check(source.residentBytes() == (locked == 0 ? bytes : 0), "resident = " + source.residentBytes());
      check(above > run && source.allocate(bytes, Area.OBJECTS) == run, "the same run");
      for (int i = 0; i < bytes; i += 8) {
        check(Memory.getLong(run + i) == 0, "reads as zero");
      }
    }
    System.out.println("done");
  }

  private static void check(boolean right, String what) {
    if (!right) {
      throw new AssertionError(what);
    }
  }
}
