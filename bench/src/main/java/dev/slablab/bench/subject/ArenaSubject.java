package dev.slablab.bench.subject;

import module java.base;

/**
 * An arena per object, always zeroed: the platform's way to free single objects at a definite time. Confined, the
 * cheapest kind; where another thread frees it must be shared, and every close is then a handshake with all threads.
 */
final class ArenaSubject implements Subject {
  private final Shape shape;
  private final int size;
  private final boolean shared;
  private final Arena[] arenas;
  private final MemorySegment[] live;

  ArenaSubject(Shape shape) {
    this.shape = shape;
    size = shape.size();
    shared = shape.handedOver();
    arenas = new Arena[shape.slots()];
    live = new MemorySegment[shape.slots()];
  }

  @Override
  public void alloc(int slot) {
    Arena arena = shared ? Arena.ofShared() : Arena.ofConfined();
    arenas[slot] = arena;
    live[slot] = arena.allocate(size);
  }

  @Override
  public void free(int slot) {
    arenas[slot].close();
  }

  @Override
  public MemorySegment memory(int slot) {
    return live[slot];
  }

  @Override
  public Subject view() {
    return new ArenaSubject(shape);
  }
}
