package dev.slablab.percpu;

import module java.base;
import dev.slablab.spec.*;
import org.jspecify.annotations.Nullable;

/**
 * The leases of one cache: who holds which slot, and how a slot changes hands. See the package text, paragraph 4. The
 * table's lock serialises claim, revocation and drain. Alloc and free only ever try it.
 */
final class SlotTable {
  /** Slots a thread looks for its lease in, from its home slot on: two hot threads with one home are both fast. */
  static final int PROBES = 4;
  /** Slots per CPU: property 1 allows four. */
  private static final int SLOTS_PER_CPU = 4;
  /** An owner that did nothing between two looks this far apart is idle and may lose its slot. */
  private static final long TICK_NANOS = 100_000_000;
  /** Looks at a revoked lease that is still busy, before a drain gives it back to its owner. */
  private static final int DRAIN_SPINS = 100;
  private static final long PARK_NANOS = 50_000;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Lease[].class);

  /** Owners find their home slot with a plain load: a stale lease is revoked, which its owner sees. */
  final Lease[] slots;
  /** Null unless this cache is one of many that are used in turn; then its number there. */
  private final @Nullable Homes homes;
  private final int cache;
  private final LongSupplier clock;
  private final AtomicLong skips;
  private final ReentrantLock lock = new ReentrantLock();
  /** The following are guarded by {@link #lock}. */
  private final long[] activityAtTick;
  private final BusyWatch watch;
  private long tick;
  private int capacity;
  private boolean closed;
  /**
   * Bit (thread id modulo 64) is set for every owner, and for every owner of a slot that is not its home, so that all
   * the others look at no slot, or at one only. Its owner set the bit itself, under the lock; nobody clears it while
   * the lease stands.
   */
  private volatile long owners;
  private volatile long displaced;

  SlotTable(int cpus, int capacity, LongSupplier clock, AtomicLong skips, @Nullable Homes homes, int cache) {
    this.homes = homes;
    this.cache = cache;
    int count = Integer.highestOneBit(SLOTS_PER_CPU * cpus);
    this.slots = new Lease[count];
    Arrays.fill(slots, Lease.vacant());
    this.activityAtTick = new long[count];
    this.watch = new BusyWatch(count, clock);
    this.capacity = capacity;
    this.clock = clock;
    this.skips = skips;
    this.tick = clock.getAsLong();
  }

  /** This thread's lease, if it holds one in force. */
  @Nullable Lease find(Thread me) {
    long tid = me.threadId();
    if ((owners >>> tid & 1) == 0 || ((displaced >>> tid & 1) == 0 && slot(index(tid, 0)).tid != tid)) {
      return null;
    }
    for (int i = 0; i < PROBES; i++) {
      Lease lease = slot(index(me.threadId(), i));
      if (lease.isOf(me)) {
        return lease;
      }
      if (lease.tid == me.threadId()) {
        lease.quit();
      }
    }
    return null;
  }

  /**
   * Finds this thread's lease, or claims a slot for it: a vacant one, a dead owner's, or one idle since the last tick.
   * Never waits; null when there is none to be had, and always for virtual threads.
   */
  @Nullable Lease findOrClaim(Thread me) {
    if (me.isVirtual()) {
      return null;
    }
    Lease mine = find(me);
    if (mine != null || lock.isHeldByCurrentThread() || !lock.tryLock()) { // held: called by a drain's sink
      return mine;
    }
    try {
      mine = find(me); // a drain may have renewed it meanwhile
      return mine != null || closed ? mine : claim(me);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Lease claim(Thread me) {
    Lease got = claim(me, i -> slot(i).living() == null); // vacant, or a dead owner's
    if (got != null) {
      return got;
    }
    long now = clock.getAsLong();
    if (now - tick < TICK_NANOS) {
      return null;
    }
    tick = now;
    got = claim(me, i -> slot(i).activity() == activityAtTick[i]);
    Arrays.setAll(activityAtTick, i -> slot(i).activity());
    return got;
  }

  /** Claims the first slot in reach that is free to be claimed, and whose owner does not come back just now. */
  private @Nullable Lease claim(Thread me, IntPredicate free) {
    for (int i = 0; i < PROBES; i++) {
      int index = index(me.threadId(), i);
      Lease lease = slot(index);
      if (free.test(index) && prepared(me) && revokeIdle(lease)) {
        return publish(index, resized(lease.next(me)));
      }
    }
    return null;
  }

  /** What may fail for want of heap comes before anything is revoked. */
  private boolean prepared(Thread me) {
    if (homes != null) {
      homes.prepare(me.threadId());
    }
    return true;
  }

  /** Revokes the lease of an owner that seems idle; false, and nothing changed, when it came back just now. */
  private boolean revokeIdle(Lease lease) {
    boolean inForce = isInForce(lease);
    if (inForce) {
      revoke(List.of(lease));
    }
    if (!lease.isBusy()) {
      return true;
    }
    if (inForce) {
      lease.restore(); // nobody but us knows that it was to go
    }
    return false;
  }

  /** Gives a lease about to be claimed the room that the cache has now; it is empty if that has changed: see reset. */
  private Lease resized(Lease lease) {
    lease.looks = 0;
    if (lease.capacity != capacity) {
      lease.resize(capacity);
    }
    return lease;
  }

  /** Makes a lease the one in force in its slot. It cannot fail: a drain's sink has the objects already. */
  private Lease publish(int index, Lease lease) {
    if (homes != null) {
      homes.replace(cache, slot(index), lease);
    }
    SLOT.setRelease(slots, index, lease);
    long all = 0;
    long away = 0;
    for (int i = 0; i < slots.length; i++) {
      long tid = slot(i).tid;
      long bit = tid == Stack.NOBODY ? 0 : 1L << tid;
      all |= bit;
      away |= index(tid, 0) == i ? 0 : bit;
    }
    displaced = away;
    owners = all;
    return lease;
  }

  /**
   * Empties every magazine. Two phases: all leases are revoked, one barrier serves all, then those that are not busy
   * are emptied and renewed for their owners.
   */
  void drain(long[] buffer, Magazines.Sink sink, Drain mode) {
    // Held already: a sink's; what the outer drain has in hand stands in its slot still.
    if (lock.isHeldByCurrentThread() || (mode == Drain.NO_WAIT && !lock.tryLock())) {
      skips.incrementAndGet();
      return;
    }
    if (mode != Drain.NO_WAIT) {
      lock.lock();
    }
    Failures wrong = new Failures();
    try {
      boolean[] revoked = revokeAll();
      for (int i = 0; i < slots.length; i++) {
        Lease lease = slot(i);
        if (!revoked[i] && lease.avail() == 0) {
          continue;
        }
        if (!settle(i, lease, mode)) {
          if (revoked[i]) {
            lease.restore();
          }
          skips.incrementAndGet();
          continue;
        }
        Lease next = lease.next(mode != Drain.WAIT && revoked[i] ? lease.living() : null);
        empty(next, buffer, sink, wrong);
        Lease _ = publish(i, next);
      }
    } finally {
      lock.unlock();
    }
    wrong.rethrow();
  }

  /** What the sink throws (a bad address) is collected: all the others must go on. */
  private static void empty(Lease lease, long[] buffer, Magazines.Sink sink, Failures wrong) {
    while (lease.avail() > 0) {
      int n = lease.takeOldest(buffer, buffer.length);
      wrong.run(() -> sink.accept(buffer, n));
    }
  }

  private boolean[] revokeAll() {
    boolean[] revoked = new boolean[slots.length];
    List<Lease> inForce = new ArrayList<>();
    for (int i = 0; i < slots.length; i++) {
      revoked[i] = isInForce(slot(i));
      if (revoked[i]) {
        inForce.add(slot(i));
      }
    }
    revoke(inForce);
    return revoked;
  }

  private static boolean isInForce(Lease lease) {
    return lease.tid != Stack.NOBODY && !lease.isRevoked();
  }

  /** A barrier that fails must not leave leases revoked: later claims take revoked to mean that it was issued. */
  private static void revoke(List<Lease> leases) {
    new KmemEvent.Revoke().tell(leases.size()); // first: should it fail, nothing has happened
    leases.forEach(Lease::revoke);
    try {
      if (!leases.isEmpty()) {
        Membarrier.issue();
      }
    } catch (RuntimeException e) {
      leases.forEach(Lease::restore);
      throw e;
    }
  }

  /**
   * Whether a revoked lease is out of its section. The first look that finds it so decides: a later one may find it
   * busy again, though no section begins any more.
   */
  private boolean settle(int index, Lease lease, Drain mode) {
    boolean interrupted = false;
    int spins = mode == Drain.NO_WAIT ? 0 : DRAIN_SPINS;
    boolean busy = lease.isBusy();
    for (; busy && (spins > 0 || mode == Drain.WAIT); busy = lease.isBusy()) {
      if (spins-- > 0) {
        Thread.onSpinWait();
      } else {
        watch.busy(index, lease);
        interrupted |= Thread.interrupted(); // or the park would not wait
        LockSupport.parkNanos(PARK_NANOS);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (busy) {
      watch.busy(index, lease);
    }
    return !busy;
  }

  /** Flushes some from magazines without a pop since so many calls; only idle owners are revoked. */
  void age(long[] buffer, int looks, IntUnaryOperator amount, Magazines.Sink sink, Failures wrong) {
    if (lock.isHeldByCurrentThread() || !lock.tryLock()) { // the next pass will do
      return;
    }
    try {
      for (int i = 0; i < slots.length; i++) {
        Lease lease = slot(i);
        if (lease.isIdle(looks) && revokeIdle(lease)) {
          Lease next = lease.next(lease.living());
          int n = next.takeOldest(buffer, amount.applyAsInt(next.avail()));
          Lease _ = publish(i, next);
          wrong.run(() -> sink.accept(buffer, n));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Changes the capacity of magazines claimed from now on, and whether any are. All must have been drained by WAIT. */
  void reset(int newCapacity, boolean nowClosed) {
    lock.lock();
    try {
      capacity = newCapacity;
      closed = nowClosed;
    } finally {
      lock.unlock();
    }
  }

  Stream<Lease> all() {
    return IntStream.range(0, slots.length).mapToObj(this::slot);
  }

  long sum(ToLongFunction<? super Lease> number) {
    return all().mapToLong(number).sum();
  }

  private Lease slot(int index) {
    return (Lease) SLOT.getAcquire(slots, index);
  }

  private int index(long tid, int probe) {
    return ((int) tid + probe) & (slots.length - 1);
  }
}
