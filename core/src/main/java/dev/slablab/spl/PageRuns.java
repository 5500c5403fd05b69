package dev.slablab.spl;

import static dev.slablab.page.Memory.hex;

import module java.base;
import dev.slablab.page.*;
import dev.slablab.slab.*;
import dev.slablab.spec.*;
import dev.slablab.spl.KeptRuns.Kept;
import org.jspecify.annotations.Nullable;

/**
 * Page runs handed out as they are: requests no size class serves. They live in the object range, which is as large as
 * the page source's capacity; a shortage is fought as a cache fights it. Thread-safe; the lock is short and never held
 * while pages are obtained or returned.
 */
public final class PageRuns {
  /** Runs stay so many times shorter than slabs: they are large, and a program that wants one back wants it soon. */
  private static final int DECAYS = 100;

  /** One run; the object begins behind its first page when it is aligned to more than a page. */
  static final class Run extends PageOwner {
    final long base;
    final long bytes;
    final long object;

    Run(long base, long bytes, long object) {
      super(null, -1);
      this.base = base;
      this.bytes = bytes;
      this.object = object;
    }

    @Override
    public String toString() {
      return "a page run of its own, of " + bytes + " bytes";
    }
  }

  private final SlabContext context;
  private final KeptRuns kept = new KeptRuns();
  /** By the object's address: whoever removes a run may free it. */
  private final Map<Long, Run> live = new ConcurrentHashMap<>();
  private final AtomicLong bytesInUse = new AtomicLong();
  /** How a shortage sees that a run came free, though it is kept. */
  private final AtomicLong frees = new AtomicLong();
  /** Guards the following. */
  private final ReentrantLock lock = new ReentrantLock();
  /** Signalled when a run went back, or a thread has none in hand any more. */
  private final Condition changed = lock.newCondition();
  /** Threads between the page source and {@link #live}: closing waits for them. */
  private int inHand;
  private boolean closed;

  public PageRuns(SlabContext context) {
    this.context = context;
  }

  /**
   * Allocates whole pages, aligned to a power of two and at least a page, and zeroed if so asked; 0 when there are
   * none, with NOSLEEP and NORETRY only.
   */
  public long allocate(long size, long align, boolean zeroed, AllocMode mode) {
    int page = context.source().pageSize();
    long bytes = Pages.roundUp(Math.max(size, 1), page) + Math.max(align, page) - page;
    Shortage shortage = null;
    for (;;) {
      long before = frees.get(); // what comes free behind the try's look must not be slept through
      long object = tryAllocate(bytes, align, zeroed, mode);
      if (object != PageSource.NONE || !mode.mayRetry()) {
        return object;
      }
      shortage = shortage != null ? shortage
          : new Shortage(context, "page run, size = " + size, bytes, frees::get, this::awaitMemory);
      shortage.waitOrThrow(before);
    }
  }

  private long tryAllocate(long bytes, long align, boolean zeroed, AllocMode mode) {
    hold("alloc");
    try {
      Kept old = kept.take(bytes);
      long _ = release(context.clock().nanoTime() - context.decayNanos() / DECAYS);
      long base = old != null ? old.base() : context.source().allocate(bytes, Area.OBJECTS, mode);
      if (base == PageSource.NONE && context.reclaimer().relieve() > 0) {
        base = context.source().allocate(bytes, Area.OBJECTS, mode);
      }
      if (base == PageSource.NONE) {
        return PageSource.NONE;
      }
      if (old != null && zeroed) { // fresh ones read as zero
        Memory.fill(base, old.bytes(), (byte) 0);
      }
      Run run = new Run(base, old != null ? old.bytes() : bytes, Pages.roundUp(base, align));
      try {
        context.map().set(base, run.bytes, run);
        live.put(run.object, run);
        long _ = bytesInUse.addAndGet(run.bytes);
      } catch (Throwable e) { // no heap for the books
        release(run);
        throw e;
      }
      return run.object;
    } finally {
      drop();
    }
  }

  /** Frees a run by its object's address; false when there is none. */
  public boolean free(long object) {
    hold("free");
    try {
      Run run = live.remove(object);
      if (run != null) {
        context.map().set(run.base, run.bytes, null);
        long now = context.clock().nanoTime();
        long inUse = bytesInUse.addAndGet(-run.bytes);
        long _ = frees.incrementAndGet();
        if (context.decayNanos() == 0 || !kept.keep(new Kept(run.base, run.bytes, now), inUse)) {
          context.source().free(run.base, run.bytes, Area.OBJECTS);
        }
        long _ = release(now - context.decayNanos() / DECAYS);
      }
      return run != null;
    } finally {
      drop();
    }
  }

  /** Returns the kept runs that were freed before a time. */
  private long release(long time) {
    long bytes = 0;
    for (Kept run : kept.before(time)) {
      context.source().free(run.base(), run.bytes(), Area.OBJECTS);
      bytes += run.bytes();
    }
    return bytes;
  }

  /** Returns the runs kept for so long; gives the bytes that went back to the operating system. */
  public long reap(long nanos) {
    if (!tryHold()) {
      return 0;
    }
    try {
      return release(context.clock().nanoTime() + 1 - nanos);
    } finally {
      drop();
    }
  }

  private void release(Run run) {
    context.map().set(run.base, run.bytes, null);
    context.source().free(run.base, run.bytes, Area.OBJECTS);
  }

  private void hold(String what) {
    if (!tryHold()) {
      throw new KmemException.Usage(what + ": kmem = closed: create another with Kmem.create()");
    }
  }

  private boolean tryHold() {
    return locked(() -> {
      inHand += closed ? 0 : 1;
      return !closed;
    });
  }

  private void drop() {
    int _ = locked(() -> {
      changed.signalAll();
      return inHand--;
    });
  }

  private void awaitMemory(long nanos, long seen, LongSupplier progress) {
    boolean _ = locked(() ->
        context.clock().await(lock, changed, () -> closed || progress.getAsLong() != seen, nanos));
  }

  private <T> T locked(Supplier<T> body) {
    lock.lock();
    try {
      return body.get();
    } finally {
      lock.unlock();
    }
  }

  /** Bytes of the object or run that begins at an address of the owner's, free or not; -1 when none does. */
  public static long usable(@Nullable PageOwner owner, long address) {
    return switch (owner) {
      case Slab slab when slab.index(address) >= 0 -> slab.cache.geometry.objectSize();
      case Emergencies.Run run when run.address == address -> run.cache.geometry.objectSize();
      case Run run when run.object == address -> run.base + run.bytes - address;
      case null, default -> -1;
    };
  }

  public static KmemException.Corruption foreign(String what, long address, @Nullable PageOwner owner) {
    return new KmemException.Corruption(what + ": address = " + hex(address) + ": " + PageOwner.whose(owner)
        + (owner == null ? "" : ", but is not the start of an object"));
  }

  public LongSummaryStatistics usage() {
    return live.values().stream().mapToLong(run -> run.bytes).summaryStatistics();
  }

  /** Releases everything, once: says what was in use, nothing when nothing was. */
  public String close(Failures thrown) {
    boolean _ = locked(() -> {
      closed = true;
      changed.signalAll();
      return context.clock().await(lock, changed, () -> inHand == 0, Long.MAX_VALUE);
    });
    LongSummaryStatistics in = usage();
    String leak = live.isEmpty() ? "" : "; " + in.getCount() + " page runs of " + in.getSum() + " bytes in use";
    List<Run> leaked = List.copyOf(live.values());
    live.clear();
    leaked.forEach(run -> thrown.run(() -> release(run)));
    thrown.run(() -> release(context.clock().nanoTime() + 1));
    return leak;
  }

  public void verify() {
    for (Run run : live.values()) {
      for (long page = run.base; page < run.base + run.bytes; page += context.source().pageSize()) {
        if (context.map().get(page) != run) {
          throw new KmemException.Corruption("verify: page run " + hex(run.base) + ": page " + hex(page)
              + " belongs to something else in the page map");
        }
      }
    }
  }
}
