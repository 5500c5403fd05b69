package dev.slablab.page;

/** What a page run is for; each area has an address range of its own where the source has ranges at all. */
public enum Area {
  /** Slabs, and page runs handed out whole. */
  OBJECTS,
  /** Emergency objects. */
  EMERGENCY
}
