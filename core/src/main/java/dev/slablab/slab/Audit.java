package dev.slablab.slab;

import module java.base;
import dev.slablab.page.*;
import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/**
 * What debugging knows of the objects of one cache, and the marks around and in them; see the package. Thread-safe.
 *
 * <pre>
 *   inner object:  | red zone, 64 or the alignment | object; poison while it is free | red zone, 16 or more |
 * </pre>
 */
public final class Audit {
  private static final int RED_ZONE = 0xbb;
  private static final int POISON = 0x6b;
  /** A cache line: what HWCACHE_ALIGN promises stays true. */
  private static final int FRONT = 64;
  private static final int BACK = 16;
  /** What a quarantine holds at most: objects, and bytes unless that is less than one object. */
  private static final int MOST_OBJECTS = 256;
  private static final int MOST_BYTES = 1 << 20;

  /** One object, from the making of its slab to the slab's end; at level 3 with the stacks of its alloc and free. */
  record Entry(long address, AtomicBoolean inUse, AtomicReference<List<Throwable>> stacks) {}

  final CacheSpec spec;
  final SlabHooks hooks;
  private final int level;
  /** Bytes of the red zones; 0 = none. */
  final long front;
  private final long back;
  private final boolean poison;
  final Map<Long, Entry> objects = new ConcurrentHashMap<>();
  /** Free objects, longest free first. */
  final BlockingQueue<Entry> quarantine = new LinkedBlockingQueue<>();
  /** Threads that are closing or reaping the cache: what is freed meanwhile goes to its slab. */
  final AtomicInteger closers = new AtomicInteger();
  /** Held by the one who empties the quarantine. */
  final ReentrantLock flushing = new ReentrantLock();
  /** Objects in use, and those that were found overwritten as they were handed out or left the quarantine. */
  final LongAdder used = new LongAdder();
  /** Read while marks are looked at or set; written for a moment before a close returns memory that is in use. */
  private final ReentrantReadWriteLock memory = new ReentrantReadWriteLock();
  private volatile boolean gone;

  /** For a cache whose slabs hold objects of so many bytes at most: larger ones get no red zones. */
  public Audit(CacheSpec spec, int level, long largest) {
    this.spec = spec;
    this.level = level;
    hooks = new SlabHooks(spec);
    long before = Math.max(FRONT, spec.align());
    front = level >= 2 && spec.size() <= largest - before - 2 * BACK ? before : 0;
    back = front == 0 ? 0 : Pages.roundUp(spec.size() + BACK, CacheSpec.DEFAULT_ALIGN) - spec.size();
    boolean kept = hooks.perSlab() && (spec.constructor() != null || spec.destructor() != null);
    poison = level >= 2 && !kept && !spec.flags().contains(CacheFlag.DESTROY_BY_RCU);
  }

  /** What the layer below shall be: its hooks are ours, and those of the caller that run per slab. */
  public CacheSpec inner() {
    return new CacheSpec(spec.name(), front + spec.size() + back, spec.align(), spec.flags(),
        (o, _, m) -> construct(o, m), (o, _) -> destruct(o), spec.reclaim(), spec.priv(), ConstructorPlacement.PER_SLAB,
        spec.objectsPerSlab() == 1 && front > 0 ? 2 : spec.objectsPerSlab(), spec.layout(), 0); // two fit a KMEM slab
  }

  private void construct(long object, AllocMode mode) {
    Entry entry = new Entry(object + front, new AtomicBoolean(), new AtomicReference<>(List.of()));
    Memory.fill(object, front, (byte) RED_ZONE);
    Memory.fill(entry.address + spec.size(), back, (byte) RED_ZONE);
    freed(entry);
    if (hooks.perSlab()) {
      hooks.construct(entry.address, mode);
      check("construct", entry, true);
    }
    objects.put(entry.address, entry);
  }

  private void destruct(long object) {
    Failures thrown = new Failures();
    thrown.run(() -> check("slab destruction", Objects.requireNonNull(objects.remove(object + front)), false));
    if (hooks.perSlab()) {
      hooks.destruct(object + front, thrown);
    }
    thrown.rethrow();
  }

  /** Checks a free object and marks it in use; gives the caller's address. What was overwritten is not used again. */
  long allocated(long object) {
    Entry entry = Objects.requireNonNull(objects.get(object + front));
    used.increment();
    check("alloc", entry, false);
    trace("allocated", entry, List.of());
    entry.inUse.set(true);
    return entry.address;
  }

  /** Checks an address that is to be freed, on a page of this owner, and marks it free; throws before it does. */
  Entry claim(long address, @Nullable PageOwner owner) {
    Entry entry = objects.get(address);
    if (entry == null) {
      long offset = address - objects.keySet().stream().mapToLong(start -> start)
          .filter(start -> address >= start - front && address - start < spec.size() + back).findAny().orElse(address);
      String kind = offset == 0 ? "foreign address: " : (offset < 0 || offset >= spec.size() ? "in a red zone, "
          : offset % spec.align() == 0 ? "interior address: " : "misaligned address: ") + Math.abs(offset)
          + (offset < 0 ? " bytes before" : " bytes behind") + " the start of an object: ";
      throw corruption("free", address, kind + PageOwner.whose(owner) + "; not the start of an object of this cache",
          null);
    }
    if (entry.inUse.get()) {
      try {
        check("free", entry, true);
      } catch (KmemException.Corruption e) {
        if (entry.inUse.get()) {
          throw e;
        } // else another thread's free marks it just now
      }
    }
    if (!entry.inUse.compareAndSet(true, false)) {
      throw corruption("free", address, "double free", entry);
    }
    used.decrement();
    trace("freed", entry, entry.stacks.get());
    return entry;
  }

  /** Whether there is a quarantine. */
  boolean keeps() {
    return level == 3;
  }

  /** How many objects may wait in the quarantine now. */
  int room() {
    return closers.get() > 0 ? 0 : Math.clamp(MOST_BYTES / spec.size(), 1, MOST_OBJECTS);
  }

  /** Checks an object that leaves the quarantine. */
  void leaves(Entry entry) {
    try {
      check("quarantine", entry, false);
    } catch (KmemException.Corruption e) {
      used.increment();
      throw e;
    }
  }

  /** Looks at marks or sets them, while no close can return the memory. */
  <T> T inMemory(String what, Supplier<T> body) {
    memory.readLock().lock();
    try {
      if (gone) {
        throw new KmemException.Usage(what + ": cache = " + spec.name() + ": the cache is closed");
      }
      return body.get();
    } finally {
      memory.readLock().unlock();
    }
  }

  void inMemory(String what, Runnable body) {
    Object _ = inMemory(what, () -> {
      body.run();
      return this;
    });
  }

  /** Runs a close that returns even what is in use: from its beginning on marks are not looked at. */
  LeakReport closing(boolean insist, Supplier<LeakReport> close) {
    if (insist) {
      memory.writeLock().lock();
      try {
        gone = true;
      } finally {
        memory.writeLock().unlock();
      }
    }
    try {
      return close.get();
    } catch (RuntimeException | Error e) {
      gone = false; // another thread closes it
      throw e;
    }
  }

  /** Checks every object; slabs that go meanwhile wait until theirs has been looked at. */
  void verify() {
    objects.keySet().forEach(address -> objects.computeIfPresent(address, (_, entry) -> {
      check("verify", entry, entry.inUse.get());
      return entry;
    }));
  }

  private void trace(String what, Entry entry, List<Throwable> before) {
    if (level == 3) {
      Throwable now = new Throwable(what + " by thread " + Thread.currentThread().getName());
      entry.stacks.set(Stream.concat(before.stream(), Stream.of(now)).toList());
    }
  }

  /** Marks a free object whose destructor has run. */
  void freed(Entry entry) {
    Memory.fill(entry.address, poison ? spec.size() : 0, (byte) POISON);
  }

  /** Compares the marks of an object; what differs is thrown. */
  private void check(String what, Entry entry, boolean inUse) {
    if (!isFilled(entry.address - front, front, RED_ZONE) || !isFilled(entry.address + spec.size(), back, RED_ZONE)
        || (!inUse && poison && !isFilled(entry.address, spec.size(), POISON))) {
      String finding = Damage.find(entry.address, spec.size(), -front, spec.size() + back, inUse,
          i -> i < 0 || i >= spec.size() ? RED_ZONE : !inUse && poison ? POISON : -1);
      throw corruption(what, entry.address, Objects.requireNonNullElse(finding, "overwritten"), entry);
    }
  }

  /** At the speed of a comparison with itself, a byte further. */
  private static boolean isFilled(long address, long bytes, int value) {
    MemorySegment all = Memory.segment(address, bytes);
    return bytes == 0 || ((all.get(ValueLayout.JAVA_BYTE, 0) & 0xff) == value
        && all.asSlice(1).mismatch(all.asSlice(0, bytes - 1)) < 0);
  }

  /** The stacks of the object come suppressed in it. */
  private KmemException corruption(String what, long address, String why, @Nullable Entry entry) {
    KmemException.Corruption wrong = new KmemException.Corruption(what + ": cache = " + spec.name() + ", address = "
        + Memory.hex(address) + ": " + why);
    Stream.ofNullable(entry).flatMap(one -> one.stacks.get().stream()).map(Audit::cut).forEach(wrong::addSuppressed);
    return wrong;
  }

  /** From the caller's operation on; cut when it is shown, for taking a stack is what level 3 costs. */
  private static Throwable cut(Throwable stack) {
    stack.setStackTrace(Stream.of(stack.getStackTrace()).dropWhile(frame ->
        frame.getClassName().startsWith(Audit.class.getPackageName() + ".")).toArray(StackTraceElement[]::new));
    return stack;
  }

  /** At level 3: what leaked, by where it was allocated, most first. */
  String leaks() {
    return objects.values().stream().filter(entry -> entry.inUse.get()).flatMap(entry -> entry.stacks.get().stream())
        .collect(Collectors.groupingBy(stack -> List.of(cut(stack).getStackTrace()), Collectors.counting())).entrySet()
        .stream().sorted(Map.Entry.<List<StackTraceElement>, Long>comparingByValue().reversed())
        .map(group -> group.getKey().stream().map(frame -> "\n    at " + frame)
            .collect(Collectors.joining("", "\n  " + group.getValue() + " objects allocated", "")))
        .collect(Collectors.joining());
  }
}
