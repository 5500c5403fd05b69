package dev.slablab.slab;

import dev.slablab.page.PageOwner;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A doubly linked list threaded through slabs. Guarded by the lock of their cache, or node. */
public final class SlabList<S extends SlabList.Member<S>> {
  /** A slab; on one list, or on none while it is built or released: then next is the releasing thread's. */
  public abstract static class Member<S extends Member<S>> extends PageOwner {
    public @Nullable SlabList<S> list;
    public @Nullable S prev;
    public @Nullable S next;

    protected Member(@Nullable Object handle, int number) {
      super(handle, number);
    }
  }

  public @Nullable S head;
  public @Nullable S tail;
  public int size;

  public boolean isEmpty() {
    return head == null;
  }

  public void forEach(Consumer<S> action) {
    for (S slab = head; slab != null; slab = slab.next) {
      action.accept(slab);
    }
  }

  public void addHead(S slab) {
    insert(null, slab, head);
  }

  public void addTail(S slab) {
    insert(tail, slab, null);
  }

  private void insert(@Nullable S before, S slab, @Nullable S after) {
    slab.list = this;
    size++;
    join(before, slab);
    join(slab, after);
  }

  public void remove(S slab) {
    join(slab.prev, slab.next);
    slab.prev = null;
    slab.next = null;
    slab.list = null;
    size--;
  }

  /** Makes two slabs neighbours; null stands for what lies beyond either end. */
  private void join(@Nullable S before, @Nullable S after) {
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
