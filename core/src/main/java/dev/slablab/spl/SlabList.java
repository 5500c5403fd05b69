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
    link(slab, null, head);
  }

  void addTail(Slab slab) {
    link(slab, tail, null);
  }

  void remove(Slab slab) {
    Slab before = slab.prev;
    Slab after = slab.next;
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
    slab.prev = null;
    slab.next = null;
    slab.list = null;
  }

  private void link(Slab slab, @Nullable Slab before, @Nullable Slab after) {
    slab.list = this;
    slab.prev = before;
    slab.next = after;
    if (before == null) {
      head = slab;
    } else {
      before.next = slab;
    }
    if (after == null) {
      tail = slab;
    } else {
      after.prev = slab;
    }
  }
}
