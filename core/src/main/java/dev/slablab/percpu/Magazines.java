package dev.slablab.percpu;

import module java.base;
import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/**
 * The magazines of one cache. Thread-safe. What the layer above must keep: it never calls in here with a lock that a
 * {@link Sink} takes, and it treats a failed {@link #pop} or {@link #push} as "empty or full or busy or closed" – the
 * slow path sorts that out.
 */
public final class Magazines {
  /** Objects in a magazine. */
  public static final int MAX_CAPACITY = Stack.MAX_CAPACITY;
  /** A thread without a slot asks for one every so many pops from shared magazines (a power of two). */
  private static final int CLAIM_EVERY = 1024;

  /** Null unless the placement is {@link MagazinePlacement#BIASED}. */
  private final @Nullable SlotTable leases;
  private final Lease[] home;
  /** Slots less one: they are a power of two. */
  private final int mask;
  private final SharedMagazines shared;
  private final Depot depot;
  private final BufferPool buffers;
  private final AtomicLong skips = new AtomicLong();
  private final MagazinePlacement placement;
  /** The cache's number among those that {@link Homes} knows; -1 = it does not. */
  public final int number;
  private volatile int capacity;
  private volatile int batch;

  /**
   * Makes the magazines of a cache: one per possible CPU, and with biased placement up to four times as many slots; and
   * a depot of so many batches. The clock (nanoseconds) tells which owners are idle.
   */
  public Magazines(int cpus, int capacity, int batch, int depotBatches, MagazinePlacement placement,
      LongSupplier clock) {
    this(cpus, capacity, batch, depotBatches, placement, clock, null, -1);
  }

  /** The same for a cache with a number among several. */
  public Magazines(int cpus, int capacity, int batch, int depotBatches, MagazinePlacement placement,
      LongSupplier clock, @Nullable Homes homes, int number) {
    this.number = number;
    this.placement = placementInUse(placement);
    setSize(capacity, batch);
    this.shared = new SharedMagazines(cpus, capacity, placement != MagazinePlacement.HASHED && CpuIndex.isSupported(),
        skips);
    this.leases = this.placement != MagazinePlacement.BIASED ? null
        : new SlotTable(cpus, capacity, clock, skips, homes, number);
    this.home = leases == null ? new Lease[] {Lease.vacant()} : leases.slots;
    this.depot = new Depot(depotBatches);
    this.mask = home.length - 1;
    this.buffers = new BufferPool(cpus);
  }

  /** The wish, or the next best: biased slots need {@code membarrier}, the CPU's index {@code sched_getcpu}. */
  public static MagazinePlacement placementInUse(MagazinePlacement wish) {
    if (wish == MagazinePlacement.BIASED && Membarrier.isSupported()) {
      return wish;
    }
    return wish == MagazinePlacement.HASHED || !CpuIndex.isSupported() ? MagazinePlacement.HASHED
        : MagazinePlacement.CPU_INDEXED;
  }

  public static String support() {
    return "membarrier " + (Membarrier.isSupported() ? "works" : "is not to be had") + ", sched_getcpu "
        + (CpuIndex.isSupported() ? "works" : "is not to be had");
  }

  /** Where {@link Lease#pop} and {@link Lease#push} look: the slots, or a single vacant one; a power of two. */
  public Lease[] slots() {
    return home;
  }

  public long pop() {
    long object = Lease.pop(home, mask);
    return object != 0 ? object : popBeyondHome();
  }

  /** The same after {@link Lease#pop} gave nothing. */
  public long popBeyondHome() {
    Lease lease = leases == null ? null : leases.find(Thread.currentThread());
    return lease != null ? lease.popOwned() : popShared();
  }

  private long popShared() {
    Magazine magazine = shared.lockAny();
    if (magazine == null) {
      return 0;
    }
    long object = magazine.pop();
    long pops = magazine.pops();
    magazine.unlock();
    if ((pops & (CLAIM_EVERY - 1)) == 0 && leases != null) {
      Lease _ = leases.findOrClaim(Thread.currentThread()); // for the next operation
    }
    return object;
  }

  public boolean push(long object) {
    return Lease.push(home, mask, object) || pushBeyondHome(object);
  }

  /** The same after {@link Lease#push} found no room. */
  public boolean pushBeyondHome(long object) {
    Lease lease = leases == null ? null : leases.find(Thread.currentThread());
    return lease != null ? lease.pushOwned(object) : pushShared(object);
  }

  private boolean pushShared(long object) {
    Magazine magazine = shared.lockAny();
    if (magazine == null) {
      return false;
    }
    boolean done = magazine.push(object);
    magazine.unlock();
    return done;
  }

  /** Takes up to n objects in one section, into {@code to[from]} up; returns how many. */
  public int pop(long[] to, int from, int n) {
    return bulk(Stack.Bulk.POP, to, from, n);
  }

  /** Puts {@code objects[from]} up in one section; returns how many found room. */
  public int push(long[] objects, int from, int n) {
    return bulk(Stack.Bulk.PUSH, objects, from, n);
  }

  private int bulk(Stack.Bulk what, long[] array, int from, int n) {
    Lease lease = leases == null ? null : leases.findOrClaim(Thread.currentThread());
    if (lease != null) {
      return lease.bulkOwned(what, array, from, n);
    }
    Magazine magazine = shared.lockAny();
    if (magazine == null) {
      return 0;
    }
    int count = magazine.bulk(what, array, from, n);
    magazine.unlock();
    return count;
  }

  /** Puts n objects that come from the slab layer into this thread's magazine, as many as fit; returns how many. */
  public int store(long[] from, int n) {
    return bulk(Stack.Bulk.STORE, from, 0, n);
  }

  /** Takes a batch of the oldest objects out of this thread's magazine; 0 when it is not full, or busy. */
  public int takeOldest(long[] to) {
    return takeOldest(to, batch);
  }

  /** The same for another number of objects. */
  public int takeOldest(long[] to, int n) {
    return bulk(Stack.Bulk.FLUSH, to, 0, n);
  }

  /** Whether somebody popped from this thread's magazine since {@link #age} looked; late by a section at most. */
  public boolean isTouched() {
    Lease lease = leases == null ? null : leases.find(Thread.currentThread());
    Stack magazine = lease == null ? shared.any() : lease;
    return magazine.pops() != magazine.aged;
  }

  /**
   * Fills this thread's magazine with a batch from the depot, by way of the buffer; what finds no room goes to the
   * sink. Tells whether there was one.
   */
  public boolean restock(long[] buffer, Sink rest) {
    int n = depot.take(buffer);
    int stored = n == 0 ? 0 : store(buffer, n);
    if (stored < n) {
      System.arraycopy(buffer, stored, buffer, 0, n - stored);
      rest.accept(buffer, n - stored);
    }
    return n > 0;
  }

  /** Leaves n objects in the depot for {@link #restock}; false when they must go to their slabs. */
  public boolean keep(long[] objects, int n) {
    return n <= capacity && depot.keep(objects, n); // more: retuned meanwhile
  }

  @FunctionalInterface
  public interface Sink {
    /** Called outside every section, perhaps with this layer's own locks. If it throws, the rest is drained anyway. */
    void accept(long[] objects, int n);
  }

  /** Empties every magazine without its user's help; those that stay busy are skipped and counted, but for WAIT. */
  public void drain(Sink sink, Drain mode) {
    long[] buffer = takeBuffer();
    Failures wrong = new Failures();
    if (leases != null) {
      wrong.run(() -> leases.drain(buffer, sink, mode));
    }
    wrong.run(() -> shared.drain(buffer, sink, mode));
    wrong.run(() -> depot.drain(sink, mode));
    giveBuffer(buffer);
    wrong.rethrow();
  }

  /** {@link #age(Sink, int, IntUnaryOperator)} by a batch at a time ({@code spl_magazine_age}). */
  public void age(Sink sink, int looks) {
    age(sink, looks, _ -> batch);
  }

  /**
   * Flushes some of the oldest objects, so many of those there are, from every magazine that nobody popped from since
   * so many calls that found it not empty: pushes, refills and flushes do not make a magazine young. Empties the depot.
   */
  public void age(Sink sink, int looks, IntUnaryOperator amount) {
    long[] buffer = takeBuffer();
    Failures wrong = new Failures();
    if (leases != null) {
      leases.age(buffer, looks, amount, sink, wrong);
    }
    shared.age(buffer, looks, amount, sink, wrong);
    wrong.run(() -> depot.drain(sink, Drain.SKIP_BUSY));
    giveBuffer(buffer);
    wrong.rethrow();
  }

  /** Empties every magazine and keeps it empty: from here on every operation fails over to the slow path. */
  public synchronized void close(Sink sink) {
    if (leases != null) {
      leases.reset(capacity, true);
    }
    drain(sink, Drain.WAIT);
  }

  public synchronized void open() {
    depot.open();
    shared.resize(capacity);
    if (leases != null) {
      leases.reset(capacity, false);
    }
  }

  /**
   * Changes capacity (1 to 65,535 objects) and batch (1 to capacity) while other threads allocate and free ({@code
   * do_tune_cpucache}); the contents go to the sink.
   */
  public synchronized void retune(int newCapacity, int newBatch, Sink sink) {
    setSize(newCapacity, newBatch);
    try {
      close(sink);
    } finally {
      open();
    }
  }

  private void setSize(int newCapacity, int newBatch) {
    if (newCapacity < 1 || newCapacity > Stack.MAX_CAPACITY || newBatch < 1 || newBatch > newCapacity) {
      throw KmemException.Usage.of("capacity, batch", newCapacity + ", " + newBatch,
          "must be 1 ≤ batch ≤ capacity ≤ " + Stack.MAX_CAPACITY);
    }
    capacity = newCapacity;
    batch = newBatch;
  }

  public long[] takeBuffer() {
    return buffers.take(shared.home(), capacity);
  }

  public void giveBuffer(long[] buffer) {
    buffers.give(shared.home(), buffer);
  }

  public int capacity() {
    return capacity;
  }

  /** Objects moved by one refill or flush. */
  public int batch() {
    return batch;
  }

  /** The most magazines there can be: slots plus shared ones, however many threads exist. */
  public int limit() {
    return shared.size() + (leases == null ? 0 : leases.slots.length);
  }

  public int owners() {
    return leases == null ? 0 : (int) leases.sum(lease -> lease.living() == null || lease.isRevoked() ? 0 : 1);
  }

  public long held() {
    return depot.held() + sum(Stack::avail);
  }

  public long allocs() {
    return sum(Stack::pops);
  }

  public long frees() {
    return sum(Stack::pushes);
  }

  private long sum(ToLongFunction<Stack> number) {
    return shared.sum(number) + (leases == null ? 0 : leases.sum(number));
  }

  public long skips() {
    return skips.get();
  }

  public MagazinePlacement placement() {
    return placement;
  }

  /** Every magazine's content, oldest first, and the depot's, for {@code verify()}; to be called at a quiet point. */
  public long[] contents() {
    Stream<Stack> stacks = Stream.concat(shared.all(), leases == null ? Stream.of() : leases.all());
    return LongStream.concat(stacks.flatMapToLong(Stack::contents), depot.contents()).toArray();
  }
}
