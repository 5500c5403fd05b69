package dev.slablab.percpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The leases of many caches, one thread's side by side: where sizes mix, an operation touches no line of its cache's
 * own but the lease's and its array's. Only a short cut: who finds nothing here goes by the cache's {@link SlotTable},
 * which keeps this up to date. A stale lease is harmless, as in a slot: it is revoked, as its owner sees. Thread-safe;
 * two threads of one row (64 ids apart) take it from each other when they claim, and the loser goes the longer way.
 */
public final class Homes {
  private static final int ROWS = 64;
  /** References in front of the first and behind the last of a row: 128 bytes, as in {@link Pad}. */
  private static final int PAD = 32;
  private static final VarHandle ROW = MethodHandles.arrayElementVarHandle(Row[].class);
  private static final VarHandle LEASE = MethodHandles.arrayElementVarHandle(Lease[].class);

  /** One thread's, by cache. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares or prints it
  private record Row(long tid, @Nullable Lease[] leases) {}

  private final Row[] rows = new Row[ROWS];
  private final int caches;

  public Homes(int caches) {
    this.caches = caches;
    Arrays.fill(rows, new Row(Stack.NOBODY, new Lease[0]));
  }

  /** As {@link Lease#pop}, from a cache given by its number. */
  public long pop(int cache) {
    Lease lease = find(cache, Thread.currentThread().threadId());
    return lease == null ? 0 : lease.popOwned();
  }

  /** As {@link Lease#push}. */
  public boolean push(int cache, long object) {
    Lease lease = find(cache, Thread.currentThread().threadId());
    return lease != null && lease.pushOwned(object);
  }

  @Nullable Lease find(int cache, long tid) {
    Row row = rows[(int) tid & (ROWS - 1)];
    return row.tid == tid ? row.leases[PAD + cache] : null;
  }

  /** Makes room for this thread's leases. */
  void prepare(long tid) {
    int index = (int) tid & (ROWS - 1);
    if (rows[index].tid != tid) {
      ROW.setRelease(rows, index, new Row(tid, new Lease[caches + 2 * PAD]));
    }
  }

  /** A cache's lease takes the place of another, perhaps another thread's; cannot fail. */
  void replace(int cache, Lease old, Lease next) {
    set(cache, old.tid, null);
    set(cache, next.tid, next);
  }

  private void set(int cache, long tid, @Nullable Lease lease) {
    Row row = (Row) ROW.getAcquire(rows, (int) tid & (ROWS - 1));
    if (tid != Stack.NOBODY && row.tid == tid) {
      LEASE.setRelease(row.leases, PAD + cache, lease);
    }
  }
}
