package dev.slablab.bench.buf;

import dev.slablab.Kmem;
import dev.slablab.bench.subject.NativeMalloc;
import org.jspecify.annotations.Nullable;

/**
 * Buffers over the general-purpose allocation of a {@link Kmem}, which stays the caller's to close, or over
 * {@link NativeMalloc}. Thread-safe.
 */
public final class SlabBufAllocator {
  private final @Nullable Kmem kmem;
  private final HandlePool handles = new HandlePool();

  /** An allocator; over malloc without a Kmem. */
  public SlabBufAllocator(@Nullable Kmem kmem) {
    this.kmem = kmem;
  }

  /** Allocates a buffer with one reference; its content is undefined. */
  public SlabBuf buffer(int capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity = " + capacity + ": must be 0 up");
    }
    long address = kmem == null ? NativeMalloc.malloc(capacity) : kmem.alloc(capacity);
    SlabBuf handle = handles.pop();
    return (handle == null ? new SlabBuf(this) : handle).open(address, capacity);
  }

  /** The end of a life: nobody has a reference any more. */
  void recycle(SlabBuf handle, long address, int capacity) {
    if (kmem == null) {
      NativeMalloc.free(address);
    } else {
      kmem.free(address, capacity);
    }
    handles.push(handle);
  }

  /** {@return the most handles that can be kept for reuse} */
  public int handleLimit() {
    return handles.limit();
  }
}
