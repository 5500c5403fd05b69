package dev.slablab.page;

import java.lang.foreign.MemorySegment;

/** The part of a decorator that only passes on; {@link #allocate} and {@link #free} are the decorator's business. */
abstract sealed class ForwardingPageSource implements PageSource
    permits CountingPageSource, LimitingPageSource, FailingPageSource, StallingPageSource {
  final PageSource source;

  ForwardingPageSource(PageSource source) {
    this.source = source;
  }

  @Override
  public int pageSize() {
    return source.pageSize();
  }

  @Override
  public long allocate(long bytes, Area area) {
    return source.allocate(bytes, area);
  }

  @Override
  public void free(long address, long bytes, Area area) {
    source.free(address, bytes, area);
  }

  @Override
  public long capacity() {
    return source.capacity();
  }

  @Override
  public long base(Area area) {
    return source.base(area);
  }

  @Override
  public long span(Area area) {
    return source.span(area);
  }

  @Override
  public long residentBytes() {
    return source.residentBytes();
  }

  @Override
  public MemorySegment segment(long address, long bytes) {
    return source.segment(address, bytes);
  }

  @Override
  public void close() {
    source.close();
  }

  @Override
  public String describe() {
    return source.describe();
  }
}
