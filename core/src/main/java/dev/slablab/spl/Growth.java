package dev.slablab.spl;

import module java.base;
import dev.slablab.spec.*;
import dev.slablab.spl.SplCache.Locked;
import org.jspecify.annotations.Nullable;

/**
 * Growth of one cache ({@code spl_cache_grow}, {@code spl_cache_grow_work}) and its state bits; see the package text,
 * paragraph 5. Fields are guarded by the cache's list lock.
 */
final class Growth {
  /** The original waits a tenth of a second before it calls a growth deadlocked. */
  static final long WAIT_NANOS = 100_000_000;
  /** Outcome: start over with this CPU's magazine and the partial list. */
  static final long RETRY = -1;
  static final long NO_MEMORY = -2;
  /** As RETRY, and a slab was built for this thread, which calls {@link #settle} once it has looked. */
  static final long GROWN = -3;

  private final SplCache cache;
  /** Signalled when a state bit is cleared or set, or the last reference goes. */
  private final Condition changed;
  final EnumSet<CacheState> states = EnumSet.noneOf(CacheState.class);
  private int references;
  /** Reaps that ended. */
  private long reaps;
  /** Slabs built; allocations that wait for one; those that have yet to look at the last: a reap leaves it. */
  private long built;
  private long waiters;
  long owed;
  /** Threads that have pages of this cache in hand, outside the lock: closing waits for them. */
  private final List<Thread> holders = new ArrayList<>();
  /** Growths that ended, and among them those that failed. */
  private long ended;
  long failures;
  private @Nullable Throwable lastFailure;
  long deadlocks;

  Growth(SplCache cache) {
    this.cache = cache;
    this.changed = cache.lock.newCondition();
  }

  /** Waits for growth, or finds another way: gives an emergency object's address, or one of the outcomes above. */
  long grow(AllocMode mode) {
    boolean inCaller = false;
    long seenFailures;
    try (Locked _ = cache.lock()) {
      if (mode.mayWait()) {
        awaitReap();
      }
      cache.checkOpen("alloc");
      if (!cache.lists.partial.isEmpty()) {
        return RETRY; // a growth or a reap ended just now
      }
      long seenEnded = ended;
      seenFailures = failures;
      if (!mode.mayWait()) {
        start();
      } else {
        inCaller = cache.context.growInCaller() && states.add(CacheState.GROWING);
        references += inCaller ? 1 : 0;
        start();
        if (!inCaller && !states.contains(CacheState.DEADLOCKED)) {
          return awaitGrowth(seenEnded, seenFailures);
        }
      }
    }
    if (!inCaller) {
      return cache.emergencies.allocate(mode);
    }
    // The winner of GROWING builds the slab itself; all others wait for it as for a task.
    return work(1) ? GROWN : cache.locked(() -> outcome(seenFailures));
  }

  /** Waits for the reap under way, if there is no free object, but for one only: the next may have begun. Lock held. */
  private void awaitReap() {
    long seen = reaps;
    if (states.contains(CacheState.REAPING) && cache.lists.partial.isEmpty()
        && !cache.context.reapers().contains(Thread.currentThread())) {
      boolean _ = await(() -> reaps != seen || closing(), Long.MAX_VALUE);
    }
  }

  /** Asks for a slab unless one is being built ({@code test_and_set_bit(KMC_BIT_GROWING)}). */
  private void start() {
    if (!states.add(CacheState.GROWING)) {
      return;
    }
    references++;
    try {
      cache.context.scheduler().submit(() -> work(0));
    } catch (Throwable e) { // rejected, or no thread to be had
      end(null, 0, e instanceof RejectedExecutionException ? null : e);
    }
  }

  private long awaitGrowth(long seenEnded, long seenFailures) {
    KmemEvent.GrowWait event = new KmemEvent.GrowWait();
    long seenBuilt = built;
    waiters++;
    boolean over;
    try {
      over = await(() -> ended != seenEnded || !states.contains(CacheState.GROWING) || closing(), WAIT_NANOS);
    } catch (Throwable e) { // of a clock that is not ours
      waiters -= built == seenBuilt ? 1 : 0;
      owed -= built == seenBuilt ? 0 : 1;
      throw e;
    }
    event.tell(cache.name(), cache.pages.mappedBytes());
    if (built != seenBuilt) {
      return GROWN;
    }
    waiters--;
    if (!over) {
      states.add(CacheState.DEADLOCKED);
      deadlocks++;
      return RETRY;
    }
    return outcome(seenFailures);
  }

  /** What a growth that has ended means for those who waited; lock held. */
  private long outcome(long seenFailures) {
    if (failures != seenFailures && cache.lists.partial.isEmpty()) {
      Failures.rethrow(lastFailure);
      return NO_MEMORY;
    }
    return RETRY;
  }

  /** Who was told GROWN has looked. Takes the lock. */
  void settle() {
    long _ = cache.locked(() -> owed--);
  }

  /** The grow task: builds one slab, on a task thread or in the caller, which wants one of its objects. */
  private boolean work(int callers) {
    Slab slab = null;
    Throwable failure = null;
    hold();
    try {
      slab = cache.locked(this::closing) ? null : cache.pages.build();
    } catch (Throwable e) { // a constructor's; handed to those who wait for this growth
      failure = e;
    }
    drop();
    end(slab, callers, failure);
    return slab != null;
  }

  /** From here to {@link #drop} this thread has pages of the cache in hand. Takes the lock. */
  void hold() {
    try (Locked _ = cache.lock()) {
      holders.add(Thread.currentThread());
    }
  }

  /** Takes the lock. */
  void drop() {
    try (Locked _ = cache.lock()) {
      changed.signalAll();
      holders.remove(Thread.currentThread());
    }
  }

  /** Whether this thread is in a hook that runs while pages of this cache are in hand. Takes the lock. */
  boolean isHolder() {
    return cache.locked(() -> holders.contains(Thread.currentThread()));
  }

  boolean closing() {
    return states.contains(CacheState.DESTROY);
  }

  /** Ends a growth: state first, then the waiters, the reference last. Takes the lock. */
  private void end(@Nullable Slab slab, int callers, @Nullable Throwable failure) {
    try (Locked _ = cache.lock()) {
      if (slab != null) {
        cache.lists.add(slab);
        built++;
        owed += waiters + callers;
        waiters = 0;
        states.remove(CacheState.DEADLOCKED);
        cache.memory.signalAll();
      } else {
        failures++;
      }
      lastFailure = failure;
      ended++;
      states.remove(CacheState.GROWING);
      references--;
      changed.signalAll();
    }
  }

  /** Sets REAPING; false when somebody is reaping. Takes the lock. */
  boolean beginReap() {
    return cache.locked(() -> !closing() && states.add(CacheState.REAPING) && holders.add(Thread.currentThread()));
  }

  void endReap() {
    boolean _ = cache.locked(() -> ++reaps > 0 && states.remove(CacheState.REAPING));
    drop();
  }

  /** Sets DESTROY, sends the waiters home and waits for tasks, reapers and pages in transit. Lock held. */
  void beginDestroy() {
    if (isHolder()) {
      throw new KmemException.Usage("close: cache = " + cache.name() + ": a hook that runs while a slab of the cache is"
          + " built or returned cannot close it");
    }
    states.add(CacheState.DESTROY);
    changed.signalAll();
    cache.memory.signalAll();
    awaitHolders();
  }

  /** Waits until nobody has pages in hand; lock held. */
  void awaitHolders() {
    boolean _ = await(() -> references == 0 && holders.isEmpty(), Long.MAX_VALUE);
  }

  private boolean await(BooleanSupplier done, long nanos) {
    return cache.context.clock().await(cache.lock, changed, done, nanos);
  }
}
