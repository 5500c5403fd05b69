package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.linux.OffSlab;
import dev.slablab.page.Memory;
import dev.slablab.slab.DebugLayer;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.QuietPoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** What must be true of a world: which blocks are in use, whose they are, and what stands in them. */
final class FuzzModel {
  /** A cache and its figures. */
  static final class Owned {
    final KmemCache cache;
    final HookBooks hooks;
    final String name;
    /** One in so many segments is guarded. */
    final long guards;
    long live;
    long allocated;
    /** A bulk allocation that failed half way counts as so many allocations and frees: not for us to know. */
    boolean exact = true;

    Owned(String name, KmemCache cache, HookBooks hooks, long guards) {
      this.name = name;
      this.guards = guards;
      this.cache = cache;
      this.hooks = hooks;
    }

    long usable() {
      return hooks.usable();
    }

    /** Frees a segment; one that was guarded can neither be used nor freed again. */
    void free(FuzzSubject subject, MemorySegment segment) {
      subject.free(cache, segment);
      if (guards == 1) {
        assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0), "use after free");
      }
      if (guards > 0 && !segment.scope().isAlive()) {
        assertThrows(KmemException.Corruption.class, () -> subject.free(cache, segment), "guarded, freed twice");
      }
    }

    /** Whether the very call finds a wrong free. */
    boolean debugged() {
      return cache.objects instanceof DebugLayer;
    }
  }

  /**
   * A block in use; of general allocation where there is no owner. Sized: may be freed by its size. Segment: as it was
   * allocated, or null.
   */
  record Block(String name, Owned owner, long address, long size, long tag, boolean sized, MemorySegment segment) {
    /** The bytes that are the user's to write. */
    long usable() {
      return owner == null ? size : owner.usable();
    }

    void check() {
      Cookie.check(address, usable(), tag);
      if (owner != null) {
        owner.hooks.check(address);
      }
    }
  }

  private static final long MOST_BYTES = 6 << 20;

  final List<Block> blocks = new ArrayList<>();
  /** The first byte behind each block, by its address. */
  private final TreeMap<Long, Long> ends = new TreeMap<>();
  private long bytes;
  private long tags;

  /** A block that was just handed out: aligned, and apart from all others. */
  void add(Owned owner, long address, long size, long align, boolean sized) {
    add(owner, address, size, align, sized, null);
  }

  void add(Owned owner, long address, long size, long align, boolean sized, MemorySegment segment) {
    Block block = new Block("o" + tags, owner, address, size, tags++, sized, segment);
    assertEquals(0, address & (align - 1), () -> Memory.hex(address) + " is not aligned to " + align);
    long end = address + Math.max(size, 1);
    Map.Entry<Long, Long> below = ends.lowerEntry(end);
    if (below != null && below.getValue() > address) {
      throw new AssertionError("handed out " + Memory.hex(address) + ".." + Memory.hex(end) + ", but "
          + Memory.hex(below.getKey()) + ".." + Memory.hex(below.getValue()) + " is in use");
    }
    ends.put(address, end);
    blocks.add(block);
    bytes += size;
    if (owner != null) {
      owner.hooks.check(address);
      owner.live++;
      owner.allocated++;
    }
    Cookie.put(address, block.usable(), block.tag);
  }

  /** The block of a number, which is in use no more; its content is as it was left. */
  Block remove(int number) {
    int last = blocks.size() - 1;
    Block block = blocks.set(number, blocks.get(last));
    blocks.remove(last);
    forget(block);
    block.check();
    return block;
  }

  private void forget(Block block) {
    ends.remove(block.address);
    bytes -= block.size;
    if (block.owner != null) {
      block.owner.live--;
    }
  }

  /** The number of the block to come. */
  long next() {
    return tags;
  }

  /** A block of a number has left its place; its content is none of ours. */
  void moved(int number) {
    int last = blocks.size() - 1;
    forget(blocks.set(number, blocks.get(last)));
    blocks.remove(last);
  }

  /** A cache was closed for good, and its blocks went with it. */
  void removeAll(Owned owner) {
    blocks.removeIf(block -> {
      boolean gone = block.owner == owner;
      if (gone) {
        forget(block);
      }
      return gone;
    });
  }

  /** The number of a block of an owner's, from a number on, going round; -1 when there is none. */
  int find(Owned owner, int from) {
    int n = blocks.size();
    for (int i = 0; i < n; i++) {
      int at = (from + i) % n;
      if (blocks.get(at).owner == owner) {
        return at;
      }
    }
    return -1;
  }

  /** Whether so much is in use that nothing more is allocated. */
  boolean isFull() {
    return bytes > MOST_BYTES;
  }

  /** Compares with a quiet Kmem whose caches are these and those of general allocation. */
  void compare(Kmem kmem, List<Owned> caches) {
    kmem.verify();
    kmem.caches().forEach(cache -> QuietPoint.check(cache.stats()));
    for (Owned owned : caches) {
      assertEquals(owned.live, owned.cache.stats().objects().inuse(), () -> "in use: " + owned.cache.stats());
      assertTrue(!owned.exact || owned.allocated == owned.cache.stats().objects().allocated(),
          () -> "allocated, expected " + owned.allocated + ": " + owned.cache.stats());
      owned.hooks.agree();
    }
    long own = caches.stream().mapToLong(owned -> owned.live).sum();
    long all = kmem.runs() + kmem.caches().stream().mapToLong(cache -> cache.stats().objects().inuse()).sum();
    long descriptors = kmem.caches().stream().map(KmemCache::linux).filter(Objects::nonNull)
        .mapToLong(OffSlab::descriptors).sum();
    assertEquals(blocks.size() + descriptors, all, () -> own + " of caches, " + descriptors + " descriptors");
    blocks.forEach(Block::check);
  }
}
