package dev.slablab.slab;

/** What was in use when a cache was to be closed: objects, emergency ones not included, and slabs that hold them. */
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
