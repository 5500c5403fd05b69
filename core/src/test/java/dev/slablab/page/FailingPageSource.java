package dev.slablab.page;

import java.util.function.BiPredicate;

/** Refuses the requests a predicate picks: fault injection. As thread-safe as the predicate. */
public final class FailingPageSource extends ForwardingPageSource {
  private final BiPredicate<Long, Area> refuse;

  /**
   * Injects failures into another source.
   *
   * @param source the source
   * @param refuse given bytes and area, says whether this request fails
   */
  public FailingPageSource(PageSource source, BiPredicate<Long, Area> refuse) {
    super(source);
    this.refuse = refuse;
  }

  @Override
  public long allocate(long bytes, Area area) {
    return refuse.test(bytes, area) ? NONE : source.allocate(bytes, area);
  }

  @Override
  public long tryAllocate(long bytes, Area area) {
    return refuse.test(bytes, area) ? NONE : source.tryAllocate(bytes, area);
  }
}
