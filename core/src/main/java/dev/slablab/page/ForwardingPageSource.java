package dev.slablab.page;

import java.lang.foreign.MemorySegment;

/** Passes everything on: a decorator overrides what it changes, for instance to inject faults. */
public abstract class ForwardingPageSource implements PageSource {
  /** The decorated source. */
  protected final PageSource source;

  /**
   * Decorates a source.
   *
   * @param source the source, closed with its decorator
   */
  protected ForwardingPageSource(PageSource source) {
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
