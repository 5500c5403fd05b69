package dev.slablab.bench.replay;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of an allocator that gives objects. Where it cannot resize one, realloc is an allocation, a copy and a free.
 *
 * @param <T> what it gives
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares or prints it
record ObjectBlocks<T>(Handles<T> handles, long[] sizes, BitSet crossing, @Nullable Object[] live) implements Blocks {
  ObjectBlocks(Handles<T> handles, Trace trace) {
    this(handles, trace.size, trace.crossing, new Object[trace.size.length]);
  }

  private T make(int block, int alignment, boolean zeroed) {
    return handles.make().make((int) sizes[block], alignment, zeroed, crossing.get(block));
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // only what handles gave is put there; callers ask for live blocks
  private T get(int block) {
    return (T) live[block];
  }

  @Override
  public void alloc(int block) {
    live[block] = make(block, 1, false);
  }

  @Override
  public void calloc(int block) {
    live[block] = make(block, 1, true);
  }

  @Override
  public void memalign(int block, long alignment) {
    live[block] = make(block, (int) alignment, false);
  }

  @Override
  public void realloc(int block, int old) {
    if (handles.resize().test(get(old), (int) sizes[block])) {
      live[block] = live[old];
      live[old] = null;
      return;
    }
    T to = make(block, 1, false);
    MemorySegment.copy(handles.memory().apply(get(old)), 0, handles.memory().apply(to), 0,
        Math.min(sizes[block], sizes[old]));
    free(old);
    live[block] = to;
  }

  @Override
  public void free(int block) {
    T dying = get(block);
    live[block] = null;
    handles.free().accept(dying);
  }

  @Override
  public boolean isLive(int block) {
    return live[block] != null;
  }

  @Override
  public void touch(int block) {
    T touched = get(block);
    for (long at = 0; at < sizes[block]; at += AddressBlocks.PAGE) {
      handles.touch().accept(touched, (int) at);
    }
  }

  @Override
  public MemorySegment memory(int block) {
    return handles.memory().apply(get(block)).asSlice(0, sizes[block]);
  }

  @Override
  public boolean aligns() {
    return handles.aligns();
  }

  @Override
  public Map<String, Object> accounts() {
    return handles.accounts().get();
  }
}
