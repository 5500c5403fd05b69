package dev.slablab.linux;

import org.jspecify.annotations.Nullable;

/** A doubly linked list threaded through the slabs of a node. Guarded by its lock. */
final class SlabRow {
  @Nullable LinuxSlab head;
  @Nullable LinuxSlab tail;
  int size;

  void addHead(LinuxSlab slab) {
    LinuxSlab after = head;
    join(null, slab);
    join(slab, after);
    slab.row = this;
    size++;
  }

  void addTail(LinuxSlab slab) {
    LinuxSlab before = tail;
    join(before, slab);
    join(slab, null);
    slab.row = this;
    size++;
  }

  void remove(LinuxSlab slab) {
    join(slab.prev, slab.next);
    slab.prev = null;
    slab.next = null;
    slab.row = null;
    size--;
  }

  /** Makes two slabs neighbours; null stands for what lies beyond either end. */
  private void join(@Nullable LinuxSlab before, @Nullable LinuxSlab after) {
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
