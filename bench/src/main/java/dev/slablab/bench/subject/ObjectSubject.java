package dev.slablab.bench.subject;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * An allocator that gives objects. Where it cannot resize one, realloc is an allocation, a copy and a free.
 *
 * @param <T> what it gives
 * @param handles the allocator as this table's thread sees it
 * @param views the same for another table
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares or prints it
record ObjectSubject<T>(Handles<T> handles, Outside outside, Shape shape, long[] sizes, @Nullable Object[] live,
    Supplier<Handles<T>> views) implements Subject {
  /** Over what all tables share. */
  ObjectSubject(Handles<T> handles, Outside outside, Shape shape) {
    this(() -> handles, outside, shape);
  }

  ObjectSubject(Supplier<Handles<T>> views, Outside outside, Shape shape) {
    this(views.get(), outside, shape, shape.sizes(), new Object[shape.sizes().length], views);
  }

  private T make(int slot, int alignment, boolean zeroed) {
    return handles.make().make((int) sizes[slot], alignment, zeroed, shape.crossing().test(slot));
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // only what handles gave is put there; callers ask for live objects
  private T get(int slot) {
    return (T) live[slot];
  }

  @Override
  public void alloc(int slot) {
    live[slot] = make(slot, 1, shape.zeroed());
  }

  @Override
  public void calloc(int slot) {
    live[slot] = make(slot, 1, true);
  }

  @Override
  public void memalign(int slot, long alignment) {
    live[slot] = make(slot, (int) alignment, false);
  }

  @Override
  public void realloc(int slot, int old) {
    if (handles.resize().test(get(old), (int) sizes[slot])) {
      live[slot] = live[old];
      live[old] = null;
      return;
    }
    T to = make(slot, 1, false);
    MemorySegment.copy(handles.memory().apply(get(old)), 0, handles.memory().apply(to), 0,
        Math.min(sizes[slot], sizes[old]));
    free(old);
    live[slot] = to;
  }

  @Override
  public void free(int slot) {
    T dying = get(slot);
    live[slot] = null;
    handles.free().accept(dying);
  }

  @Override
  public boolean isLive(int slot) {
    return live[slot] != null;
  }

  @Override
  public void touch(int slot) {
    T touched = get(slot);
    for (long at = 0; at < sizes[slot]; at += AddressSubject.PAGE) {
      handles.touch().accept(touched, (int) at);
    }
  }

  @Override
  public MemorySegment memory(int slot) {
    return handles.memory().apply(get(slot)).asSlice(0, sizes[slot]);
  }

  @Override
  public boolean aligns() {
    return handles.aligns();
  }

  @Override
  public Subject view() {
    return new ObjectSubject<>(views, outside, shape);
  }
}
