package dev.slablab.spl;

import org.jspecify.annotations.Nullable;

/** A doubly linked list threaded through the slabs. Guarded by the cache's list lock. */
final class SlabList {
  @Nullable Slab head;
  @Nullable Slab tail;

  boolean isEmpty() {
    return head == null;
  }

  void addHead(Slab slab) {
    insert(null, slab, head);
  }

  void addTail(Slab slab) {
    insert(tail, slab, null);
  }

  private void insert(@Nullable Slab before, Slab slab, @Nullable Slab after) {
    slab.list = this;
    join(before, slab);
    join(slab, after);
  }

  void remove(Slab slab) {
    join(slab.prev, slab.next);
    slab.prev = null;
    slab.next = null;
    slab.list = null;
  }

  /** Makes two slabs neighbours; null stands for what lies beyond either end. */
  private void join(@Nullable Slab before, @Nullable Slab after) {
    if (before == null) {
      head = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      tail = before;
    } else {
      after.prev = before;
    }
  }
}
