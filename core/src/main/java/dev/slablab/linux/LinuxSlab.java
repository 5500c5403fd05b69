package dev.slablab.linux;

import dev.slablab.page.Memory;
import dev.slablab.slab.SlabList;
import org.jspecify.annotations.Nullable;

/**
 * One page run cut into objects ({@code struct slab}). Its free objects form a chain of four-byte indexes behind the
 * descriptor's 48 bytes, on the slab or in an object of a general cache. Guarded by its node's lock.
 *
 * <pre>
 *   descriptor:  | 48 bytes, modelled | link 0 | link 1 | …    link: next free index, END, or LIVE = not free
 * </pre>
 */
public final class LinuxSlab extends SlabList.Member<LinuxSlab> {
  static final int END = -1;
  static final int LIVE = -2;

  final LinuxCache cache;
  final Node node;
  final long base;
  final int colour;
  /** Where the descriptor lies in a general cache; 0 = on the slab. */
  final long outside;
  private final long chain;
  int inUse;
  private int free;

  /** A slab whose objects are all free. */
  LinuxSlab(LinuxCache cache, Node node, long base, int colour, long outside) {
    super(cache.handle, cache.magazines.number);
    this.cache = cache;
    this.node = node;
    this.base = base;
    this.colour = colour;
    this.outside = outside;
    this.chain = (outside != 0 ? outside : base + colour) + LinuxGeometry.DESCRIPTOR_BYTES;
    for (int i = 0; i < objects(); i++) {
      link(i, i + 1 < objects() ? i + 1 : END);
    }
  }

  private int objects() {
    return cache.shape.objects();
  }

  private void link(int index, int next) {
    Memory.putInt(chain + (long) LinuxGeometry.LINK_BYTES * index, next);
  }

  private int link(int index) {
    return Memory.getInt(chain + (long) LinuxGeometry.LINK_BYTES * index);
  }

  long address(int index) {
    return cache.shape.address(base, colour, index);
  }

  boolean isLive(int index) {
    return link(index) == LIVE;
  }

  /** Takes the first object of the chain ({@code slab_get_obj}); 0 when there is none. */
  long take() {
    int index = free;
    if (index == END) {
      return 0;
    }
    int rest = link(index);
    if (rest < END || rest >= objects()) {
      throw cache.corruption("alloc", address(index), "the chain of free objects goes on with " + rest
          + (rest == LIVE ? ", an object in use" : "") + ": the slab's descriptor was overwritten");
    }
    link(index, LIVE);
    free = rest;
    inUse++;
    return address(index);
  }

  /** Puts an object back ({@code slab_put_obj}). Returns null, or what is wrong; then nothing changed. */
  @Nullable String put(long object) {
    int index = cache.shape.index(base, colour, object);
    if (index < 0) {
      return "is inside a slab but not the start of an object";
    }
    if (!isLive(index)) {
      return "was free already (double free)";
    }
    link(index, free);
    free = index;
    inUse--;
    return null;
  }

  /** Says what is wrong with the chain, if anything: it must visit every object but those in use, once. */
  @Nullable String check() {
    boolean[] seen = new boolean[objects()];
    int length = 0;
    for (int i = free; i != END; i = link(i)) {
      if (i < 0 || i >= objects() || seen[i]) {
        return "the chain of free objects reaches " + i + (i < 0 || i >= objects() ? "" : " twice");
      }
      seen[i] = true;
      length++;
    }
    for (int i = 0; i < objects(); i++) {
      if (seen[i] == isLive(i)) {
        return "object " + i + " is " + (seen[i] ? "in the chain and marked in use" : "neither free nor in use");
      }
    }
    return length == objects() - inUse ? null
        : "the chain has " + length + " objects, expected " + (objects() - inUse);
  }

  /** Bytes of the object that begins at an address, free or not; -1 when none does. */
  public long usable(long address) {
    return cache.shape.index(base, colour, address) < 0 ? -1 : cache.shape.size();
  }

  /** Whether the object that begins at an address is not free here; call it at a quiet point. */
  public boolean isInUse(long address) {
    return isLive(cache.shape.index(base, colour, address));
  }

  @Override
  public String toString() {
    return "cache " + cache.name();
  }
}
