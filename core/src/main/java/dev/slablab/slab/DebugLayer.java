package dev.slablab.slab;

import module java.base;
import dev.slablab.page.PageMap;
import dev.slablab.percpu.Magazines;
import dev.slablab.spec.*;

/** What stands around a slab layer, with its magazines: every allocation and every free pass it. Thread-safe. */
public record DebugLayer(Audit audit, SlabLayer inner, Magazines magazines, PageMap map) implements ObjectLayer {
  @Override
  public long allocate(AllocMode mode) {
    long object;
    do {
      object = magazines.pop();
      object = object != 0 ? object : inner.allocate(mode);
    } while (object == 0 && flush(false) > 0);
    long taken = object;
    return taken == 0 ? 0 : audit.inMemory("alloc", () -> audit.allocated(taken));
  }

  @Override
  public boolean freeOutside(long object) {
    Audit.Entry entry = claim(object);
    Failures thrown = new Failures();
    if (!audit.hooks.perSlab()) {
      audit.hooks.destruct(object, thrown);
    }
    thrown.run(() -> retire(entry));
    thrown.rethrow();
    return true;
  }

  @Override
  public void undo(long object, Throwable cause) {
    retire(claim(object));
  }

  private Audit.Entry claim(long object) {
    inner.checkNotClosed("free");
    return audit.inMemory("free", () -> audit.claim(object, map.get(object)));
  }

  /** An emergency object goes straight back; others wait in the quarantine as long as it has room. */
  private void retire(Audit.Entry entry) {
    audit.inMemory("free", () -> audit.freed(entry));
    if (!audit.keeps() || !(map.get(entry.address()) instanceof SlabList.Member<?>)) {
      giveBack(entry);
      return;
    }
    audit.quarantine.add(entry); // first: who begins to close afterwards sees it
    Audit.Entry leaving = audit.quarantine.size() > audit.room() ? audit.quarantine.poll() : null;
    if (leaving != null) {
      release(leaving);
    }
  }

  /** What was overwritten in the quarantine stays out of circulation. */
  private void release(Audit.Entry entry) {
    audit.leaves(entry);
    giveBack(entry);
  }

  private void giveBack(Audit.Entry entry) {
    long object = entry.address() - audit.front;
    if (!inner.freeOutside(object) && !magazines.push(object)) {
      inner.free(object);
    }
  }

  /**
   * Empties the quarantine; one overwritten object keeps no other from going. One thread at a time, and hooks may run:
   * only a close waits for another's.
   */
  private int flush(boolean wait) {
    if (wait) {
      audit.flushing.lock();
    } else if (!audit.flushing.tryLock()) {
      return 0;
    }
    try {
      List<Audit.Entry> all = new ArrayList<>();
      int _ = audit.quarantine.drainTo(all);
      Failures thrown = new Failures();
      all.forEach(entry -> thrown.run(() -> release(entry)));
      thrown.rethrow();
      return all.size();
    } finally {
      audit.flushing.unlock();
    }
  }

  @Override
  public long reap() {
    long[] bytes = new long[1];
    Failures thrown = new Failures();
    int _ = audit.closers.incrementAndGet();
    long before = inner.stats().slabs().destroy();
    thrown.run(() -> flush(false));
    CacheStats now = inner.stats(); // an SPL slab may have gone back as its last object left the quarantine
    bytes[0] = now.type() == CacheType.SLAB ? 0 : (now.slabs().destroy() - before) * now.mappedSlabBytes();
    thrown.run(() -> bytes[0] += inner.reap());
    int _ = audit.closers.decrementAndGet();
    thrown.rethrow();
    return bytes[0];
  }

  @Override
  public LeakReport close(boolean insist, Failures thrown) {
    int _ = audit.closers.incrementAndGet();
    try {
      thrown.run(() -> flush(true));
      LeakReport leak = audit.closing(insist, () -> inner.close(insist, thrown));
      return new LeakReport(leak.cache(), leak.objects(), leak.slabs(), leak.emergency(), audit.leaks());
    } finally {
      int _ = audit.closers.decrementAndGet();
    }
  }

  /** Bytes of the object in use that begins at an address; -1 when none does. */
  public long usable(long address) {
    Audit.Entry entry = audit.objects.get(address);
    return entry != null && entry.inUse().get() ? audit.spec.size() : -1;
  }

  /** The inner figures; what is free but in no slab, in quarantine too, counts as in a magazine. */
  @Override
  public CacheStats stats() {
    CacheStats all = inner.stats();
    CacheStats.Objects in = all.objects();
    long used = audit.used.sum();
    return new CacheStats(all.name(), all.type(), all.flags(), all.states(), audit.spec.size(), all.objectBytes(),
        all.slabBytes(), all.mappedSlabBytes(), all.objectsPerSlab(), all.magazineSize(), all.slabs(),
        new CacheStats.Objects(in.total(), in.alloc(), in.max(), used, in.inuse() + in.inMagazines() - used,
            in.allocated(), in.allocated() - used), all.emergency());
  }

  @Override
  public void verify() {
    inner.verify();
    if (!inner.isClosed()) {
      audit.inMemory("verify", audit::verify);
    }
  }
}
