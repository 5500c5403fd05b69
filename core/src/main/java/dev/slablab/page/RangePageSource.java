package dev.slablab.page;

import module java.base;
import dev.slablab.spec.KmemException;
import org.jspecify.annotations.Nullable;

/** Page runs out of address space reserved once; see the package text. Thread-safe. */
public final class RangePageSource implements PageSource {
  private static final long EMERGENCY_SHARE = 4;
  private static final long SMALLEST_RANGE = 1L << 30;

  private final Posix posix;
  private final Range objects;
  private final Range emergency;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment everything;
  /** Read: the range stays mapped meanwhile. */
  private final ReentrantReadWriteLock mapped = new ReentrantReadWriteLock();
  private volatile boolean closed;

  @SuppressWarnings("restricted") // the bounds are those of our own mapping
  private RangePageSource(Posix posix, long base, long objectBytes, long emergencyBytes) {
    this.posix = posix;
    this.objects = new Range(base, objectBytes, posix.pageSize());
    this.emergency = new Range(base + objectBytes, emergencyBytes, posix.pageSize());
    this.everything = MemorySegment.ofAddress(base).reinterpret(objectBytes + emergencyBytes, arena, null);
  }

  /**
   * {@return a range of its own; null where {@code mmap} is not to be had} The wish is halved down to 1 GiB while the
   * kernel refuses it (address-space limits, strict overcommit).
   *
   * @param bytes wished length of the object range; emergency objects get a quarter as much again
   * @param hugePages whether the kernel may use huge pages
   */
  public static @Nullable RangePageSource reserve(long bytes, boolean hugePages) {
    Posix posix = Posix.INSTANCE;
    if (posix == null) {
      return null;
    }
    long objects = Pages.roundUp(bytes, SMALLEST_RANGE);
    for (; objects >= SMALLEST_RANGE; objects = Pages.roundUp(objects / 2, posix.pageSize())) {
      long total = objects + objects / EMERGENCY_SHARE;
      long base = posix.map(total);
      if (base != 0) {
        // Optional in a kernel's configuration: where it is missing there are no huge pages to switch off either.
        int _ = posix.advise(base, total, hugePages ? Posix.MADV_HUGEPAGE : Posix.MADV_NOHUGEPAGE);
        return new RangePageSource(posix, base, objects, total - objects);
      }
    }
    return null;
  }

  @Override
  public int pageSize() {
    return posix.pageSize();
  }

  @Override
  public long allocate(long bytes, Area area) {
    Range range = range(area);
    long page = closed ? -1 : range.runs.allocate(range.pages(bytes));
    return page < 0 ? NONE : range.base + page * pageSize();
  }

  @Override
  public void free(long address, long bytes, Area area) {
    Range range = range(area);
    long offset = address - range.base;
    long length = range.pages(bytes);
    mapped.readLock().lock(); // else close might unmap between the check and the advice
    try {
      // All is checked before the advice: it would wipe what it is given.
      if (closed || offset < 0 || offset % pageSize() != 0 || length > (range.bytes - offset) / pageSize()
          || !range.runs.inUse(offset / pageSize(), length)) {
        throw KmemException.Usage.of("address", Memory.hex(address), "not a page run of " + describe());
      }
      if (posix.advise(address, length * pageSize(), Posix.MADV_DONTNEED) != 0) {
        // Locked pages (mlockall) cannot be dropped; the run must read as zero all the same.
        Memory.fill(address, length * pageSize(), (byte) 0);
      }
      range.runs.free(offset / pageSize(), length);
    } finally {
      mapped.readLock().unlock();
    }
  }

  @Override
  public long capacity() {
    return objects.bytes;
  }

  @Override
  public long base(Area area) {
    return range(area).base;
  }

  @Override
  public long span(Area area) {
    return range(area).bytes;
  }

  @Override
  public long residentBytes() {
    mapped.readLock().lock();
    try {
      long pages = 0;
      for (Area area : closed ? new Area[0] : Area.values()) {
        pages += posix.residentPages(range(area).base, range(area).runs.highPage());
      }
      return pages * pageSize();
    } finally {
      mapped.readLock().unlock();
    }
  }

  @Override
  public MemorySegment segment(long address, long bytes) {
    return everything.asSlice(address - objects.base, bytes);
  }

  @Override
  public void close() {
    mapped.writeLock().lock();
    try {
      if (!closed) {
        arena.close(); // every segment of this source throws from here on; throws itself while one is in a system call
        closed = true;
        posix.unmap(objects.base, objects.bytes + emergency.bytes);
      }
    } finally {
      mapped.writeLock().unlock();
    }
  }

  @Override
  public String describe() {
    return "mmap range of " + (objects.bytes >>> 30) + " GiB, pages of " + pageSize() + " bytes";
  }

  private Range range(Area area) {
    return area == Area.OBJECTS ? objects : emergency;
  }

  private record Range(long base, long bytes, int pageSize, RunAllocator runs) {
    Range(long base, long bytes, int pageSize) {
      this(base, bytes, pageSize, new RunAllocator(bytes / pageSize));
    }

    long pages(long length) {
      return (length - 1) / pageSize + 1; // any length: the usual form overflows
    }
  }
}
