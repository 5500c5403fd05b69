package dev.slablab.percpu;

import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * A thread's right to work on the magazine of a slot without any atomic operation; see the package text, paragraph 4.
 * <p>The methods with a thread's name are for the owner: each is one section. A revoked lease is never changed by
 * anybody but its old owner, which may still mark it busy and not busy; whoever revoked it works on its {@link #next}.
 */
final class Lease extends Stack {
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
    boolean _ = first.pushOwned(1) || first.popOwned() == 0 || first.isRevoked();
    for (Bulk what : Bulk.values()) {
      int _ = first.bulkOwned(what, new long[1], 0, 1);
    }
    first.revoke();
    boolean _ = first.isBusy();
  }

  /** What stands in a slot that was never claimed. */
  static Lease vacant() {
    return new Lease(NOBODY, null);
  }

  /** Continues what a revoked lease that is not busy leaves behind: objects, array and counters. Not yet published. */
  Lease next(@Nullable Thread heir) {
    Lease lease = heir == null ? new Lease(NOBODY, null) : new Lease(heir.threadId(), new WeakReference<>(heir));
    lease.word = word() & ~BUSY;
    lease.objects = objects;
    lease.capacity = capacity;
    lease.moved = moved;
    lease.aged = aged;
    return lease;
  }

  /**
   * Begins a section: false when the lease has been revoked. Between the store and the load stands a fence for the
   * compiler alone; the processor's is the revoker's {@link Membarrier}.
   */
  private boolean enter(long seen) {
    if (Stress.DELAYS) {
      Stress.delay();
    }
    WORD.setOpaque(this, seen | BUSY);
    VarHandle.acquireFence();
    boolean inForce = (int) FLAG.getAcquire(this) == 0;
    if (Stress.DELAYS) {
      Stress.delay();
    }
    return inForce;
  }

  /** Takes the newest object; 0 when empty or revoked. */
  long popOwned() {
    long seen = word & ~BUSY;
    if (enter(seen)) {
      int n = avail(seen);
      if (n > 0) {
        long object = objects[ELEMENTS - 1 + n];
        WORD.setRelease(this, seen + POP);
        return object;
      }
    }
    WORD.setRelease(this, seen);
    return 0;
  }

  /** Adds an object; false when full or revoked. */
  boolean pushOwned(long object) {
    long seen = word & ~BUSY;
    if (enter(seen)) {
      int n = avail(seen);
      if (n < capacity) {
        objects[ELEMENTS + n] = object;
        WORD.setRelease(this, seen + 1);
        return true;
      }
    }
    WORD.setRelease(this, seen);
    return false;
  }

  /** One section that moves many objects; returns how many. */
  int bulkOwned(Bulk what, long[] array, int from, int n) {
    long seen = word;
    int count = 0;
    if (enter(seen)) {
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

  /** Whether this is the thread's lease, in force. */
  boolean isOf(Thread me) {
    return tid == me.threadId() && !isRevoked();
  }

  boolean isRevoked() {
    return (int) FLAG.getAcquire(this) != 0;
  }

  /** The owner if it lives; null for a lease of nobody's. */
  @Nullable Thread living() {
    Thread thread = owner == null ? null : owner.get();
    return thread != null && thread.isAlive() ? thread : null;
  }

  /** Half of a revocation; the other half is the barrier, then {@link #isBusy}. */
  void revoke() {
    FLAG.setVolatile(this, 1);
  }

  /** Takes a revocation back that nobody has acted upon. */
  void restore() {
    FLAG.setVolatile(this, 0);
  }

  /** A thread that died inside a section (of a stack overflow, say) is not busy any more. */
  boolean isBusy() {
    return (word() & BUSY) != 0 && living() != null;
  }

  /** A number that changes with every operation of the owner. */
  long activity() {
    return 5 * moved + (word() & ~BUSY);
  }
}
