package dev.slablab.linux;

import dev.slablab.page.Memory;
import dev.slablab.page.PageMap;

/** Where a Linux slab keeps its chain of free objects, for tests that overwrite it. */
public final class LinuxChains {
  private LinuxChains() {}

  /** {@return the address of a free object's link to the next} */
  public static long link(PageMap map, long object) {
    LinuxSlab slab = (LinuxSlab) map.get(object);
    long descriptor = slab.outside != 0 ? slab.outside : slab.base + slab.colour;
    long link = descriptor + 48 + 4L * slab.cache.shape.index(slab.base, slab.colour, object);
    if (Memory.getInt(link) == LinuxSlab.LIVE) {
      throw new AssertionError("0x" + Long.toHexString(object) + " is not free");
    }
    return link;
  }

  /** {@return whether the descriptor of an object's slab is outside of it} */
  public static boolean offSlab(PageMap map, long object) {
    return ((LinuxSlab) map.get(object)).outside != 0;
  }
}
