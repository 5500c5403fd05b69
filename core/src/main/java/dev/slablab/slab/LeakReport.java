package dev.slablab.slab;

/** What was in use when a cache was to be closed: objects, emergency ones apart, slabs with some; stacks at level 3. */
public record LeakReport(String cache, long objects, long slabs, long emergency, String stacks) {
  /** {@return whether nothing leaked} */
  public boolean isEmpty() {
    return objects == 0 && slabs == 0 && emergency == 0;
  }

  @Override
  public String toString() {
    return "cache = " + cache + ": " + (objects + emergency) + " objects in use (" + objects + " in " + slabs
        + " slabs, " + emergency + " emergency)" + stacks;
  }
}
