package dev.slablab.bench.subject;

import io.netty.buffer.*;
import java.lang.foreign.MemorySegment;

/** Netty's pooling allocators, direct buffers of fixed capacity, released at once. Zeroed only when asked. */
final class NettySubject implements Subject {
  private final Shape shape;
  private final ByteBufAllocator allocator;
  private final int size;
  private final boolean zeroed;
  private final ByteBuf[] live;

  private NettySubject(Shape shape, ByteBufAllocator allocator) {
    this.shape = shape;
    this.allocator = allocator;
    size = shape.size();
    zeroed = shape.zeroed();
    live = new ByteBuf[shape.slots()];
  }

  static Subject pooled(Shape shape) {
    return new NettySubject(shape, NettyAllocators.pooled());
  }

  static Subject adaptive(Shape shape) {
    return new NettySubject(shape, NettyAllocators.adaptive());
  }

  @Override
  public void alloc(int slot) {
    ByteBuf buffer = allocator.directBuffer(size, size);
    live[slot] = zeroed ? buffer.setZero(0, size) : buffer;
  }

  @Override
  public void free(int slot) {
    live[slot].release();
  }

  @Override
  public MemorySegment memory(int slot) {
    return MemorySegment.ofBuffer(live[slot].nioBuffer(0, size));
  }

  @Override
  public Subject view() {
    return new NettySubject(shape, allocator);
  }

  @Override
  public MemoryUse memoryUse() {
    return MemoryUse.of(NettyAllocators.held(allocator));
  }
}
