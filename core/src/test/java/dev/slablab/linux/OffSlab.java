package dev.slablab.linux;

/** Slabs whose descriptors are objects of general caches, for tests of other packages. */
public final class OffSlab {
  private OffSlab() {}

  /** The objects of general caches that a cache has in use for the slabs it has now. */
  public static long descriptors(LinuxCache cache) {
    return cache.shape.offSlab() ? cache.stats().slabs().total() : 0;
  }
}
