package dev.slablab.bench.replay;

import module java.base;

/** Blocks of an allocator that gives addresses; 0 in the table stands for no block. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares or prints it
record AddressBlocks(Calls calls, Outside outside, long[] sizes, long[] table) implements Blocks {
  static final int PAGE = 4096;

  @SuppressWarnings("restricted") // as Memory does: the addresses are the allocator's own
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /** The allocator; one kind a JVM, so that each call has one target and is inlined. Alignment comes before size. */
  record Calls(LongUnaryOperator alloc, LongUnaryOperator calloc, LongBinaryOperator memalign,
      LongBinaryOperator realloc, LongConsumer free, LongUnaryOperator usable) {}

  /** What is asked between passes. */
  record Outside(LongSupplier resident, Runnable reap, Supplier<Map<String, Object>> accounts, Runnable close) {}

  private long take(int block) {
    long address = table[block];
    table[block] = 0;
    return address;
  }

  @Override
  public void alloc(int block) {
    table[block] = calls.alloc.applyAsLong(sizes[block]);
  }

  @Override
  public void calloc(int block) {
    table[block] = calls.calloc.applyAsLong(sizes[block]);
  }

  @Override
  public void memalign(int block, long alignment) {
    table[block] = calls.memalign.applyAsLong(alignment, sizes[block]);
  }

  @Override
  public void realloc(int block, int old) {
    table[block] = calls.realloc.applyAsLong(take(old), sizes[block]);
  }

  @Override
  public void free(int block) {
    calls.free.accept(take(block));
  }

  @Override
  public boolean isLive(int block) {
    return table[block] != 0;
  }

  @Override
  public void touch(int block) {
    long address = table[block];
    long end = address + sizes[block];
    for (long at = address; at < end; at += PAGE) {
      ALL.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
    }
  }

  @Override
  public MemorySegment memory(int block) {
    return ALL.asSlice(table[block], sizes[block]);
  }

  @Override
  public long usable(int block) {
    return calls.usable.applyAsLong(table[block]);
  }

  @Override
  public long resident() {
    return outside.resident.getAsLong();
  }

  @Override
  public void reap() {
    outside.reap.run();
  }

  @Override
  public Map<String, Object> accounts() {
    return outside.accounts.get();
  }

  @Override
  public void close() {
    outside.close.run();
  }
}
