package dev.slablab.percpu;

import dev.slablab.spec.MagazinePlacement;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The magazines of one cache. Thread-safe; no method blocks but {@link #close} and {@link #open()}.
 *
 * <p>What the layer above must keep: it never calls in here with a lock that a magazine's holder could want, and it
 * treats a failed {@link #pop} or {@link #push} as "empty or full or busy or closed" – the slow path sorts that out.
 */
public final class Magazines {
  /** Magazines looked at before an operation falls through to the slab layer: the own one and one neighbour. */
  private static final int PROBES = 2;
  /** Tries of a drain at one busy magazine before it is skipped; a section is a few dozen instructions. */
  private static final int DRAIN_SPINS = 100;

  private final Magazine[] magazines;
  /** The magazines by index modulo a power of two; some stand here twice when their number is none. */
  private final Magazine[] byIndex;
  private final boolean byCpu;
  private final int capacity;
  private final int batch;
  private final BufferPool buffers;
  private final AtomicLong skips = new AtomicLong();

  /**
   * Makes the magazines of a cache.
   *
   * @param count number of magazines, ≥ 1: the possible CPUs
   * @param capacity objects per magazine, ≥ 1
   * @param batch objects moved by one refill or flush, 1 to capacity
   * @param placement how a thread finds its magazine
   */
  public Magazines(int count, int capacity, int batch, MagazinePlacement placement) {
    this.magazines = new Magazine[count];
    for (int i = 0; i < count; i++) {
      magazines[i] = new Magazine(capacity);
    }
    this.byIndex = new Magazine[count == 1 ? 1 : Integer.highestOneBit(count - 1) << 1];
    for (int i = 0; i < byIndex.length; i++) {
      byIndex[i] = magazines[i % count];
    }
    this.byCpu = placementInUse(placement) == MagazinePlacement.CPU_INDEXED;
    this.capacity = capacity;
    this.batch = batch;
    this.buffers = new BufferPool(count, capacity);
  }

  /**
   * The placement that works on this platform.
   *
   * @param wish the placement asked for
   * @return the wish, or {@link MagazinePlacement#HASHED} where the platform does not tell the CPU
   */
  public static MagazinePlacement placementInUse(MagazinePlacement wish) {
    return CpuIndex.supported(wish);
  }

  /**
   * Takes an object from this thread's magazine.
   *
   * @return its address, or 0
   */
  public long pop() {
    int home = home();
    for (int i = 0; i < PROBES; i++) {
      Magazine magazine = magazine(home + i);
      if (magazine.tryLock()) {
        long object = magazine.pop();
        magazine.unlock();
        return object;
      }
    }
    return 0;
  }

  /**
   * Puts an object into this thread's magazine.
   *
   * @param object its address
   * @return false when there was no room
   */
  public boolean push(long object) {
    int home = home();
    for (int i = 0; i < PROBES; i++) {
      Magazine magazine = magazine(home + i);
      if (magazine.tryLock()) {
        boolean done = magazine.push(object);
        magazine.unlock();
        return done;
      }
    }
    return false;
  }

  /**
   * Puts objects that come from the slab layer into this thread's magazine, as far as there is room.
   *
   * @param from the objects; those stored are {@code from[0]} up
   * @param n how many
   * @return how many were stored
   */
  public int store(long[] from, int n) {
    Magazine magazine = magazine(home());
    if (n == 0 || !magazine.tryLock()) {
      return 0;
    }
    int stored = magazine.store(from, n);
    magazine.unlock();
    return stored;
  }

  /**
   * Takes a batch of the oldest objects out of this thread's magazine, if it is full.
   *
   * @param to room for {@link #capacity()} objects
   * @return how many were taken; 0 when the magazine is not full, or busy
   */
  public int takeOldest(long[] to) {
    Magazine magazine = magazine(home());
    if (!magazine.tryLock()) {
      return 0;
    }
    int taken = magazine.avail < capacity ? 0 : magazine.takeOldest(to, batch);
    magazine.unlock();
    return taken;
  }

  /** Takes a drained magazine's objects. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes objects; called outside the exclusive section.
     *
     * @param objects the addresses
     * @param n how many
     */
    void accept(long[] objects, int n);
  }

  /**
   * Empties every magazine without its user's help; a magazine that stays busy is skipped and counted.
   *
   * @param sink takes the objects
   */
  public void drain(Sink sink) {
    long[] buffer = takeBuffer();
    for (Magazine magazine : magazines) {
      int spins = DRAIN_SPINS;
      while (!magazine.tryLock()) {
        if (--spins == 0) {
          skips.incrementAndGet();
          break;
        }
        Thread.onSpinWait();
      }
      if (spins > 0) {
        int n = magazine.takeOldest(buffer, capacity);
        magazine.unlock();
        sink.accept(buffer, n);
      }
    }
    giveBuffer(buffer);
  }

  /**
   * Empties every magazine and keeps it empty: from here on every operation fails over to the slow path.
   *
   * @param sink takes the objects
   */
  public void close(Sink sink) {
    long[] buffer = takeBuffer();
    for (Magazine magazine : magazines) {
      lock(magazine);
      magazine.capacity = 0;
      int n = magazine.takeOldest(buffer, capacity);
      magazine.unlock();
      sink.accept(buffer, n);
    }
    giveBuffer(buffer);
  }

  /** Makes closed magazines usable again. */
  public void open() {
    for (Magazine magazine : magazines) {
      lock(magazine);
      magazine.capacity = capacity;
      magazine.unlock();
    }
  }

  /** Waits for sections that cannot block; yields, since the holder may have been descheduled. */
  private static void lock(Magazine magazine) {
    while (!magazine.tryLock()) {
      Thread.yield();
    }
  }

  /** {@return a buffer of {@link #capacity()} objects, to be handed back with {@link #giveBuffer}} */
  public long[] takeBuffer() {
    return buffers.take(home());
  }

  /**
   * Hands a buffer back.
   *
   * @param buffer from {@link #takeBuffer}
   */
  public void giveBuffer(long[] buffer) {
    buffers.give(home(), buffer);
  }

  /** {@return objects per magazine} */
  public int capacity() {
    return capacity;
  }

  /** {@return objects moved by one refill or flush} */
  public int batch() {
    return batch;
  }

  /** {@return number of magazines} */
  public int count() {
    return magazines.length;
  }

  /** {@return allocations served by magazines so far} */
  public long allocs() {
    long sum = 0;
    for (Magazine magazine : magazines) {
      sum += magazine.allocs();
    }
    return sum;
  }

  /** {@return frees taken by magazines so far} */
  public long frees() {
    long sum = 0;
    for (Magazine magazine : magazines) {
      sum += magazine.frees();
    }
    return sum;
  }

  /** {@return objects in magazines now} */
  public long held() {
    long sum = 0;
    for (Magazine magazine : magazines) {
      lock(magazine);
      sum += magazine.avail;
      magazine.unlock();
    }
    return sum;
  }

  /** {@return magazines that drains skipped because they stayed busy} */
  public long skips() {
    return skips.get();
  }

  /**
   * Copies out every magazine's content, oldest first, for statistics and {@code verify()}.
   *
   * @return the addresses
   */
  public long[] contents() {
    long[] all = new long[magazines.length * capacity];
    long[] buffer = new long[capacity];
    int n = 0;
    for (Magazine magazine : magazines) {
      lock(magazine);
      int got = magazine.takeOldest(buffer, capacity);
      int _ = magazine.store(buffer, got);
      magazine.unlock();
      System.arraycopy(buffer, 0, all, n, got);
      n += got;
    }
    return Arrays.copyOf(all, n);
  }

  private int home() {
    return byCpu ? CpuIndex.cpu() : CpuIndex.hash();
  }

  private Magazine magazine(int index) {
    return byIndex[index & (byIndex.length - 1)];
  }
}
