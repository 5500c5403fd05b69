package dev.slablab.slab;

/**
 * What was still in use when a cache was to be closed.
 *
 * @param cache the cache's name
 * @param objects objects in use, emergency objects not included
 * @param slabs slabs that could not be returned
 * @param emergency emergency objects in use
 */
public record LeakReport(String cache, long objects, long slabs, long emergency) {
  /** {@return whether nothing leaked} */
  public boolean isEmpty() {
    return objects == 0 && slabs == 0 && emergency == 0;
  }

  @Override
  public String toString() {
    return "cache = " + cache + ": " + (objects + emergency) + " objects in use (" + objects + " in " + slabs
        + " slabs, " + emergency + " emergency)";
  }
}
