package dev.slablab.linux;

import module java.base;
import dev.slablab.page.*;
import dev.slablab.slab.Damage;
import dev.slablab.spec.*;

/**
 * POISON, RED_ZONE and STORE_USER of one cache: marks in and around objects, checked where objects change hands. Each
 * may be on or off; what is off marks and finds nothing. Addresses are the callers'; a slab is given by its base and
 * colour offset. Not synchronised: the caller owns the object, or the slab that comes or goes.
 *
 * <p>What is found is thrown before anything is changed, so that the object stays out of circulation. With POISON the
 * constructor must run after every {@link #allocated}, without it once after {@link #created}.
 *
 * <p>While an object is in use, its bytes from the requested size up to a word are marked too; who zeroes it leaves
 * them.
 */
final class SlabDebug {
  static final long INACTIVE = 0x09F911029D74E35BL;
  static final long ACTIVE = 0xD84156C5635688C0L;
  static final int FREE = 0x6b;
  static final int IN_USE = 0x5a;
  static final int END = 0xa5;
  private static final int LINE = 16;
  private static final String DESTRUCTION = "slab destruction";

  private final String cache;
  private final Consumer<String> checkNotClosed;
  private final LinuxGeometry geometry;
  /** Requested size, up to a word. */
  private final int bytes;
  /** Bytes of a red zone; 0 = none. */
  private final int zone;
  private final boolean poison;
  private final boolean users;

  SlabDebug(String cache, LinuxGeometry geometry, Consumer<String> checkNotClosed) {
    this.cache = cache;
    this.checkNotClosed = checkNotClosed;
    this.geometry = geometry;
    bytes = (int) Pages.roundUp(geometry.size(), LinuxGeometry.WORD);
    zone = geometry.has(CacheFlag.RED_ZONE) ? LinuxGeometry.WORD : 0;
    poison = geometry.has(CacheFlag.POISON);
    users = geometry.has(CacheFlag.STORE_USER);
  }

  private record Place(String what, long slab, int colourOffset, long address) {}

  /** Who calls, for {@link #allocated} and {@link #freed}: a word of {@link Callers}; 0 when nobody wants to know. */
  long caller() {
    return users ? Callers.word() : 0;
  }

  /** Marks the objects of a new slab ({@code cache_init_objs}). */
  void created(long slab, int colourOffset) {
    for (int i = 0; i < geometry.objects(); i++) {
      release(geometry.address(slab, colourOffset, i), 0);
    }
  }

  /** Checks that nobody wrote to an object while it was free, and marks it ({@code cache_alloc_debugcheck_after}). */
  void allocated(long slab, int colourOffset, long address, long caller) {
    Place place = new Place("alloc", slab, colourOffset, address);
    if (zonesAre(address, ACTIVE)) {
      throw report(place, "in use already: both red zones are active");
    }
    check(place, false);
    if (poison || zone > 0) {
      fill(address, poison ? 0 : geometry.size(), IN_USE);
    }
    mark(address, ACTIVE, caller);
  }

  /** Marks an object free that {@link #checkFree} finds nothing wrong with. */
  void freed(long slab, int colourOffset, long address, long caller) {
    checkFree(slab, colourOffset, address);
    release(address, caller);
  }

  /** Checks the address and what surrounds the object ({@code cache_free_debugcheck}). */
  void checkFree(long slab, int colourOffset, long address) {
    Place place = new Place("free", slab, colourOffset, address);
    if (geometry.index(slab, colourOffset, address) < 0) {
      throw report(place, wrongAddress(place));
    }
    if (zonesAre(address, INACTIVE)) {
      throw report(place, "double free: both red zones are inactive");
    }
    check(place, true);
  }

  /** Checks a slab whose objects are all free ({@code slab_destroy_debugcheck}). */
  void destroyed(long slab, int colourOffset) {
    for (int i = 0; i < geometry.objects(); i++) {
      check(new Place(DESTRUCTION, slab, colourOffset, geometry.address(slab, colourOffset, i)), false);
    }
  }

  private String wrongAddress(Place place) {
    long offset = place.address - geometry.address(place.slab, place.colourOffset, 0);
    if (offset < 0 || offset >= (long) geometry.objects() * geometry.objectBytes()) {
      return "foreign address: not in the objects of slab " + Memory.hex(place.slab);
    }
    return (offset % geometry.align() != 0 ? "misaligned" : "interior") + " address: "
        + offset % geometry.objectBytes() + " bytes behind the start of an object";
  }

  /** Compares the bytes that nobody may have changed; what differs is thrown ({@code check_poison_obj}). */
  private void check(Place place, boolean inUse) {
    if (isIntact(place.address, inUse)) {
      return;
    }
    String finding = Damage.find(place.address, geometry.size(), -zone, bytes + zone, inUse,
        i -> known((int) i, inUse));
    if (finding != null) { // else whoever wrote there put it back meanwhile
      throw report(place, finding);
    }
  }

  /** What the callers must leave in a byte, by its offset from the object; -1 = it is theirs. */
  private int known(int offset, boolean inUse) {
    if (offset < 0 || offset >= bytes) {
      int low = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? offset & 7 : 7 - (offset & 7);
      return (int) ((inUse ? ACTIVE : INACTIVE) >>> (Byte.SIZE * low)) & 0xff;
    }
    return offset < firstOurs(inUse) ? -1 : offset == bytes - 1 ? END : inUse ? IN_USE : FREE;
  }

  /** The first byte of an object that is not its user's. */
  private int firstOurs(boolean inUse) {
    return !inUse ? poison ? 0 : bytes : poison || zone > 0 ? geometry.size() : bytes;
  }

  /** Whether all bytes are as {@link #known} says: word by word, and each of a run as the one before. */
  private boolean isIntact(long address, boolean inUse) {
    int from = firstOurs(inUse);
    int run = bytes - 1 - from;
    MemorySegment all = Memory.segment(address, bytes);
    return (zone == 0 || zonesAre(address, inUse ? ACTIVE : INACTIVE)) && (run < 0 || byteAt(all, bytes - 1) == END)
        && (run <= 0 || (byteAt(all, from) == (inUse ? IN_USE : FREE)
            && all.asSlice(from, run - 1).mismatch(all.asSlice(from + 1, run - 1)) < 0));
  }

  /** The finding, the object there or next to there, and its neighbours. */
  private KmemException.Corruption report(Place place, String finding) {
    if (!place.what.equals(DESTRUCTION)) {
      checkNotClosed.accept(place.what); // closed beside this call: then the memory may be another's
    }
    StringBuilder text = new StringBuilder(place.what + ": cache = " + cache + ", address = "
        + Memory.hex(place.address) + ": " + finding);
    long offset = place.address - geometry.address(place.slab, place.colourOffset, 0);
    int index = Math.clamp(offset / geometry.objectBytes(), 0, geometry.objects() - 1);
    for (int i = Math.max(0, index - 1); i <= Math.min(index + 1, geometry.objects() - 1); i++) {
      long address = geometry.address(place.slab, place.colourOffset, i);
      text.append(i < index ? "\n  before: " : i == index ? "\n  object: " : "\n  behind: ").append(Memory.hex(address))
          .append(zonesAre(address, ACTIVE) ? ", in use" : zonesAre(address, INACTIVE) ? ", free" : "")
          .append(users ? ", last user " + Callers.name(Memory.getLong(address + bytes + zone)) : "")
          .append(": ").append(Damage.dump(address, Math.min(bytes, LINE)));
    }
    return new KmemException.Corruption(text.toString());
  }

  private static int byteAt(MemorySegment memory, int at) {
    return memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  private boolean zonesAre(long address, long word) {
    return zone > 0 && Memory.getLong(address - zone) == word && Memory.getLong(address + bytes) == word;
  }

  private void release(long address, long caller) {
    if (poison) {
      fill(address, 0, FREE);
    }
    mark(address, INACTIVE, caller);
  }

  private void mark(long address, long zoneWord, long caller) {
    if (zone > 0) {
      Memory.putLong(address - zone, zoneWord);
      Memory.putLong(address + bytes, zoneWord);
    }
    if (users) {
      Memory.putLong(address + bytes + zone, caller);
    }
  }

  private void fill(long address, int from, int value) {
    if (from < bytes) {
      Memory.fill(address + from, bytes - 1 - from, (byte) value);
      Memory.fill(address + bytes - 1, 1, (byte) END);
    }
  }
}
