package dev.slablab.page;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * From an address to the owner of its page. A leaf serves 16 MiB and costs 16 KiB of heap.
 *
 * <pre>
 *   47        36 35        24 23        12 11       0
 *  +------------+------------+------------+-----------+
 *  |    root    |    mid     |    leaf    |  in page  |   4096 entries a level, made on demand, kept
 *  +------------+------------+------------+-----------+
 * </pre>
 *
 * <p>Lookups take no lock, and no fence either: who asks for an address of ours has it from its allocation, and with it
 * the happens-before edge to {@link #set}; for any other address any answer will do. {@link #set} is safe against
 * concurrent {@code set}s of other pages; one page is set and cleared by its owner alone.
 */
@SuppressWarnings("doclint:missing") // public for the layers above
public final class PageMap {
  private static final int BITS = 12;
  private static final int FAN = 1 << BITS;
  private static final int PAGE_SHIFT = 12;
  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(Object[].class);

  private final @Nullable PageOwner[] @Nullable [] @Nullable [] root = new PageOwner[FAN][][];

  /** The owner of an address's page, or null when it has none; takes any value. */
  public @Nullable PageOwner get(long address) {
    long page = address >>> PAGE_SHIFT;
    if (page >>> (3 * BITS) != 0) {
      return null;
    }
    @Nullable PageOwner[] @Nullable [] mid = root[(int) (page >>> (2 * BITS))];
    if (mid == null) {
      return null;
    }
    @Nullable PageOwner[] leaf = mid[(int) (page >>> BITS) & (FAN - 1)];
    return leaf == null ? null : leaf[(int) page & (FAN - 1)];
  }

  /** Sets the owner of a run's pages, or clears it with null. The length is rounded up to 4 KiB. */
  public void set(long address, long bytes, @Nullable PageOwner owner) {
    long page = address >>> PAGE_SHIFT;
    long end = (address + bytes + (1L << PAGE_SHIFT) - 1) >>> PAGE_SHIFT;
    while (page < end) {
      @Nullable Object[] mid = child(root, (int) (page >>> (2 * BITS)), new PageOwner[0][]);
      @Nullable Object[] leaf = child(mid, (int) (page >>> BITS) & (FAN - 1), new PageOwner[0]);
      int from = (int) page & (FAN - 1);
      int to = (int) Math.min(FAN, from + (end - page));
      Arrays.fill(leaf, from, to, owner);
      page += to - from;
    }
    // The plain stores above must not sink below the publication of the first object of this run.
    VarHandle.releaseFence();
  }

  private static @Nullable Object[] child(@Nullable Object[] parent, int index, @Nullable Object[] kind) {
    Object[] child = (Object[]) ENTRY.getAcquire(parent, index);
    if (child == null) {
      Object[] fresh = Arrays.copyOf(kind, FAN);
      Object[] other = (Object[]) ENTRY.compareAndExchange(parent, index, null, fresh);
      child = other == null ? fresh : other;
    }
    return child;
  }
}
