package dev.slablab.page;

import java.lang.foreign.MemorySegment;

/**
 * Passes everything on to another source, but {@link #tryAllocate}, which goes by way of this one's own {@link
 * #allocate}: a decorator overrides what it changes, for instance to inject faults, and both if the source may wait.
 */
@SuppressWarnings("doclint:missing") // of the source
public abstract class ForwardingPageSource implements PageSource {
  protected final PageSource source;

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
