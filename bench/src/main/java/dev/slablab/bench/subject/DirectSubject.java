package dev.slablab.bench.subject;

import module java.base;
import java.lang.management.*;
import org.jspecify.annotations.Nullable;

/**
 * {@code ByteBuffer.allocateDirect}, always zeroed. Freed by forgetting it: the collector finds it, a cleaner frees it,
 * and an allocation that meets {@code -XX:MaxDirectMemorySize} triggers and awaits a collection. The JDK advises direct
 * buffers for large, long-lived buffers only; this subject shows why.
 */
final class DirectSubject implements Subject {
  private final Shape shape;
  private final int size;
  private final @Nullable ByteBuffer[] live;

  DirectSubject(Shape shape) {
    this.shape = shape;
    size = shape.size();
    live = new ByteBuffer[shape.slots()];
  }

  @Override
  public void alloc(int slot) {
    live[slot] = ByteBuffer.allocateDirect(size);
  }

  @Override
  public void free(int slot) {
    live[slot] = null;
  }

  @Override
  public MemorySegment memory(int slot) {
    return MemorySegment.ofBuffer(live[slot]);
  }

  @Override
  public Subject view() {
    return new DirectSubject(shape);
  }

  @Override
  public MemoryUse memoryUse() {
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      if (pool.getName().equals("direct")) {
        return MemoryUse.of(pool.getMemoryUsed());
      }
    }
    return MemoryUse.UNKNOWN;
  }
}
