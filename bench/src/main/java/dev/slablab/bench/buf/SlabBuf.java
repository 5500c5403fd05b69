package dev.slablab.bench.buf;

import module java.base;

/**
 * A buffer of fixed capacity, big-endian as a ByteBuf is. Access is not synchronised; retain and release may be called
 * by any thread that holds a reference.
 */
public final class SlabBuf {
  /** The whole address space: its own bounds check is against a constant. */
  @SuppressWarnings("restricted") // every address is one that the allocator gave, every offset is checked
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final VarHandle REFERENCES;

  private final SlabBufAllocator allocator;
  private long address;
  private int capacity;
  /** Plain reads for access checks: a release by another thread at the same time is an error in any order. */
  private int references;

  static {
    try {
      REFERENCES = MethodHandles.lookup().findVarHandle(SlabBuf.class, "references", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  SlabBuf(SlabBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** Begins a life with one reference. */
  SlabBuf open(long memory, int bytes) {
    address = memory;
    capacity = bytes;
    REFERENCES.setRelease(this, 1);
    return this;
  }

  /** {@return bytes, as many as were asked for} */
  public int capacity() {
    return capacity;
  }

  /** {@return references; 0 once released} */
  public int refCnt() {
    return (int) REFERENCES.getAcquire(this);
  }

  /** Adds a reference. */
  public SlabBuf retain() {
    int seen = refCnt();
    while (seen > 0 && seen < Integer.MAX_VALUE) {
      int found = (int) REFERENCES.compareAndExchange(this, seen, seen + 1);
      if (found == seen) {
        return this;
      }
      seen = found;
    }
    throw illegal(seen, "retain");
  }

  /** Gives a reference back; with the last one, the memory and this handle. */
  public boolean release() {
    if (REFERENCES.compareAndSet(this, 1, 0)) {
      allocator.recycle(this, address, capacity);
      return true;
    }
    return releaseSlow();
  }

  private boolean releaseSlow() {
    int seen = refCnt();
    while (seen > 0) {
      int found = (int) REFERENCES.compareAndExchange(this, seen, seen - 1);
      if (found == seen) {
        if (seen == 1) {
          allocator.recycle(this, address, capacity);
        }
        return seen == 1;
      }
      seen = found;
    }
    throw illegal(seen, "release");
  }

  /** Reads a byte. */
  public byte getByte(int index) {
    return ALL.get(ValueLayout.JAVA_BYTE, at(index, Byte.BYTES));
  }

  /** Writes a byte. */
  public void setByte(int index, int value) {
    ALL.set(ValueLayout.JAVA_BYTE, at(index, Byte.BYTES), (byte) value);
  }

  /** Reads four bytes. */
  public int getInt(int index) {
    return ALL.get(INT, at(index, Integer.BYTES));
  }

  /** Writes four bytes. */
  public void setInt(int index, int value) {
    ALL.set(INT, at(index, Integer.BYTES), value);
  }

  /** Reads eight bytes. */
  public long getLong(int index) {
    return ALL.get(LONG, at(index, Long.BYTES));
  }

  /** Writes eight bytes. */
  public void setLong(int index, long value) {
    ALL.set(LONG, at(index, Long.BYTES), value);
  }

  /** {@return the first byte's address, for checks} */
  public long memoryAddress() {
    return at(0, 0);
  }

  private long at(int index, int length) {
    if (references == 0) {
      throw illegal(0, "access");
    }
    if (index < 0 || index > capacity - length) {
      throw new IndexOutOfBoundsException("index = " + index + ", length = " + length + ": must lie within capacity = "
          + capacity);
    }
    return address + index;
  }

  private static IllegalStateException illegal(int references, String what) {
    return new IllegalStateException("references = " + references + ": " + what + " needs 1 up; the buffer "
        + (references == 0 ? "has been released" : "has as many as can be counted"));
  }
}
