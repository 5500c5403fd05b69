package dev.slablab.percpu;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * A thread's right to work on the magazine of a slot without any atomic operation; see the package text, paragraph 4.
 * The methods of the owner are one section each. A revoked lease is never changed by anybody but its old owner, which
 * may still mark it busy and not busy; whoever revoked it works on its {@link #next}.
 */
public final class Lease extends Stack {
  /** The pad behind the fields. */
  long q00, q01, q02, q03, q04, q05, q06, q07, q08, q09, q10, q11, q12, q13, q14, q15;

  /** Whose it is; weak, so that a dead owner is not kept reachable. */
  private final @Nullable WeakReference<Thread> owner;

  private Lease(long tid, @Nullable WeakReference<Thread> owner) {
    super(tid);
    this.owner = owner;
  }

  static { // link every access now, not inside somebody's first section
    Lease first = vacant();
    first.resize(1);
    boolean _ = first.pushOwned(1) && first.popOwned() == 1 && first.isRevoked();
    for (Bulk what : Bulk.values()) {
      int _ = first.bulkOwned(what, new long[1], 0, 1);
    }
    first.revoke();
    boolean _ = first.isBusy();
  }

  /**
   * Takes an object from this thread's magazine if it holds its home slot: its address, else 0. The slots are {@link
   * Magazines#slots}, the mask their number less one; a caller keeps both, which spares each operation two loads.
   */
  public static long pop(Lease[] slots, int mask) {
    long tid = Thread.currentThread().threadId();
    Lease lease = slots[(int) tid & mask];
    return lease.tid == tid ? lease.popOwned() : 0;
  }

  /** Puts an object into this thread's magazine if it holds its home slot and there is room. */
  public static boolean push(Lease[] slots, int mask, long object) {
    long tid = Thread.currentThread().threadId();
    Lease lease = slots[(int) tid & mask];
    return lease.tid == tid && lease.pushOwned(object);
  }

  static Lease vacant() {
    return new Lease(NOBODY, null);
  }

  /** Continues what a revoked lease that is not busy leaves behind: objects, array and counters. Not yet published. */
  Lease next(@Nullable Thread heir) {
    Lease lease = heir == null ? new Lease(NOBODY, null) : new Lease(heir.threadId(), new WeakReference<>(heir));
    lease.word = word() & ~BUSY;
    lease.objects = objects;
    lease.capacity = room();
    lease.moved = moved;
    lease.aged = aged;
    lease.looks = looks;
    return lease;
  }

  /**
   * Begins a section and gives the capacity, 0 when the lease has been revoked. Between the store and the load stands a
   * fence for the compiler alone; the processor's is the revoker's {@link Membarrier}.
   */
  private int enter(long seen) {
    if (Stress.DELAYS) {
      Stress.delay();
    }
    WORD.setOpaque(this, seen | BUSY);
    VarHandle.acquireFence();
    int inForce = (int) CAPACITY.getAcquire(this);
    if (Stress.DELAYS) {
      Stress.delay();
    }
    return inForce;
  }

  /** Takes the newest object; 0 when empty or revoked. One comparison tells both. */
  long popOwned() {
    long seen = word;
    int limit = enter(seen);
    int at = level(seen) - 1;
    if (Integer.compareUnsigned(at, limit) < 0) {
      long object = objects[ELEMENTS + at];
      WORD.setRelease(this, seen + POP);
      return object;
    }
    WORD.setRelease(this, seen & ~BUSY);
    return 0;
  }

  /** Adds an object; false when full or revoked. */
  boolean pushOwned(long object) {
    long seen = word;
    int limit = enter(seen);
    int at = level(seen);
    if (Integer.compareUnsigned(at, limit) < 0) {
      objects[ELEMENTS + at] = object;
      WORD.setRelease(this, seen + 1);
      return true;
    }
    WORD.setRelease(this, seen & ~BUSY);
    return false;
  }

  /** One section that moves many objects; returns how many. */
  int bulkOwned(Bulk what, long[] array, int from, int n) {
    long seen = word;
    int count = 0;
    if (enter(seen) != 0) {
      count = bulk(what, array, from, n);
      seen = word;
    }
    WORD.setRelease(this, seen & ~BUSY);
    return count;
  }

  /** For the owner, outside a section: takes back a mark that an Error left in a lease it will not enter again. */
  void quit() {
    WORD.setRelease(this, word & ~BUSY);
  }

  boolean isOf(Thread me) {
    return tid == me.threadId() && !isRevoked();
  }

  boolean isRevoked() {
    return (int) CAPACITY.getAcquire(this) == 0;
  }

  /** The owner if it lives; null for a lease of nobody's. */
  @Nullable Thread living() {
    Thread thread = owner == null ? null : owner.get();
    return thread != null && thread.isAlive() ? thread : null;
  }

  /** Half of a revocation; the other half is the barrier, then {@link #isBusy}. */
  void revoke() {
    CAPACITY.setVolatile(this, 0);
  }

  /** Takes a revocation back that nobody has acted upon. */
  void restore() {
    CAPACITY.setVolatile(this, room());
  }

  /**
   * Whether its owner may be in a section. Not so a thread that died in one (of a stack overflow, say), nor one that
   * asks here itself.
   */
  boolean isBusy() {
    Thread thread = living();
    return (word() & BUSY) != 0 && thread != null && thread != Thread.currentThread();
  }

  /** A number that changes with every operation of the owner. */
  long activity() {
    return 5 * moved + (word() & ~BUSY);
  }
}
