package dev.slablab.spec;

import module java.base;

/**
 * One row per tunable: parser, README table, command line and tests all read it. Rows that begin with {@code SPL_}
 * carry the original module parameter's name; the others are this port's own. What a row is stands in its texts.
 */
@SuppressWarnings("doclint:missing") // of rows, units, and what the names say
public enum Tunable {
  GENERATION(0, 0, 2, Unit.SWITCH, false,
      "Whose defaults all rows have that are not set: 0 = Slablab's, 1 = HEAD's, 2 = SPL 0.6.5.9's. HEAD has 0 for "
          + "grow_in_caller, magazine_depot, object_layout, slab_decay and spl_kmem_cache_expire; 0.6.5.9 too, but for "
          + "expire, 2, cache_type, 1, memory_pressure, 10, and spl_kmem_cache_slab_limit, 0 unless pages have 4 KiB.",
      "the originals' behaviour", "what the evidence speaks for"),
  SPL_KMEM_CACHE_MAGAZINE_SIZE(0, 0, Integer.MAX_VALUE, Unit.OBJECTS, false,
      "Objects per magazine; 0 = by object size, else clamped to 2..256.",
      "fewer refills and flushes, fewer list-lock waits", "less memory held back by idle CPUs"),
  SPL_KMEM_CACHE_OBJ_PER_SLAB(8, 1, 1 << 20, Unit.OBJECTS, true,
      "Target objects per slab, for caches created later.",
      "fewer page-source calls, less waste in the last page", "empty slabs return sooner"),
  SPL_KMEM_CACHE_OBJ_PER_SLAB_MIN(1, 1, 1 << 20, Unit.OBJECTS, true,
      "Fewest objects per slab: an SPL cache that would have fewer is not created.",
      "no cache pays for a slab an object unnoticed", "larger objects become possible"),
  SPL_KMEM_CACHE_MAX_SIZE(32, 1, 4095, Unit.MIB, true,
      "Largest KVMEM or VMEM slab, for caches created later.",
      "larger objects become possible", "no slab pins much memory"),
  SPL_KMEM_CACHE_SLAB_LIMIT(16384, 0, 4 << 20, Unit.BYTES, true,
      "Objects of at most this size belong to the Linux slab by default; 0 = none do.",
      "more sizes get the denser small-object slabs", "more sizes get exact SPL slabs"),
  SPL_KMEM_CACHE_KMEM_LIMIT(2048, 0, Long.MAX_VALUE, Unit.BYTES, true,
      "Objects of at most this size, trailer included, get KMEM slabs where cache_type = 1; half a page unless set.",
      "more sizes get slabs of a power of two of pages", "more sizes get slabs of exact length"),
  CACHE_TYPE(0, 0, 2, Unit.SWITCH, true,
      "Type of caches created later that name none and are above spl_kmem_cache_slab_limit: 0 = KVMEM, 1 = KMEM up to "
          + "spl_kmem_cache_kmem_limit and VMEM above, 2 = OFFSLAB.",
      "the originals' slabs", "the least waste in pages"),
  SLAB_MAX_ORDER(1, 0, 3, Unit.ORDER, true,
      "Break order of Linux caches created later: slabs grow up to 2^order pages to waste less, beyond only to hold "
          + "one object.",
      "less waste for objects above 1 KiB, fewer page-source calls", "slabs are easier to get, and return sooner"),
  SPL_KMEM_CACHE_KMEM_THREADS(4, 1, 1024, Unit.THREADS, false,
      "Most threads that build slabs; one at first, idle ones leave.",
      "caches grow side by side", "fewer threads"),
  SPL_KMEM_CACHE_RECLAIM(0, 0, 1, Unit.SWITCH, true,
      "How long a reap and the shrinker go on: 0 = while they get something back, 1 = one pass (RECLAIM_ONCE): a"
          + " callback is called once, and a scan tells its caller to stop.",
      "a reap is soon over", "a reap gets more back"),
  SPL_KMEM_CACHE_EXPIRE(1, 0, 3, Unit.SWITCH, true,
      "Expiry: 0 = none, 1 = AGE: idle magazines, unneeded slabs and kept page runs of SPL caches go back by age, 2 = "
          + "MEM: reaps and shrinker empty the magazines, which in generations 0 and 1 they do in any case (so 0 is "
          + "HEAD's), 3 = both. A shortage empties them always; Linux caches are reaped every 2 s always.",
      "idle caches return their memory", "bursts find their objects again"),
  MEMORY_PRESSURE(0, 0, 100, Unit.PERCENT, true,
      "Share of time some task of the machine waits for memory (Linux's /proc/pressure/memory, looked at once a second)"
          + " from which on the caches are reaped in the background; 0 = never. Each time no page comes free, the next "
          + "look is twice as far away, 64 s at most.",
      "objects stay while memory is a little short", "memory returns before others run short"),
  CACHE_DELAY(15_000, 1, 3_600_000, Unit.MILLISECONDS, true,
      "How long nobody has allocated from a magazine that is idle: each pass, every third of it, takes a batch away.",
      "bursts find their objects again", "idle caches return their memory sooner"),
  GROW_IN_CALLER(1, 0, 1, Unit.SWITCH, true,
      "Who builds a slab for a SLEEP allocation, in caches created later: 0 = a task thread, 1 = the caller.",
      "no hand-over, no wait for a thread", "a stalled page source stalls nobody for longer than 100 ms"),
  SLAB_DECAY(1000, 0, 3_600_000, Unit.MILLISECONDS, true,
      "Empty slabs a cache created later has not needed for so long go back, when one of its magazines is flushed, "
          + "or by ageing, which lets them stay for a sixth of cache_delay at most; a reap returns all that nobody "
          + "waits for; 0 = at once. So do pages of Linux slabs in their cache; and page runs after a hundredth of it "
          + "(fixed at build), of which at most an eighth of those in use or 1 MiB stay.",
      "bursts find their slabs again", "memory returns sooner"),
  MAGAZINE_DEPOT(2, 0, 64, Unit.BATCHES, false,
      "Batches per CPU kept on their way from full magazines to empty ones, in every cache; 0 = none, as the seed.",
      "what one thread frees another allocates at once", "less memory held back"),
  ALLOC_TIMEOUT(10_000, 0, 3_600_000, Unit.MILLISECONDS, true,
      "How long a SLEEP allocation waits without any progress (frees, reaped memory) before it throws no-memory.",
      "rides out longer shortages", "fails sooner"),
  MEMORY_LIMIT(0, 0, Long.MAX_VALUE, Unit.BYTES, false,
      "Most bytes of pages one Kmem may hold; 0 = no limit.",
      "more memory may be used", "shortage, reap and no-memory come sooner"),
  RANGE_SIZE(64, 1, 32_768, Unit.GIB, false,
      "Address space reserved per Kmem (not memory); emergency objects get a quarter as much again.",
      "more can be allocated", "fits under address-space limits"),
  HUGE_PAGES(0, 0, 1, Unit.SWITCH, false,
      "1 lets the kernel back the range with huge pages.",
      "fewer TLB misses", "resident memory follows what is used"),
  OBJECT_LAYOUT(1, 0, 1, Unit.SWITCH, true,
      "Descriptors of caches created later: 0 = trailer behind every object, 1 = out of band.",
      "no waste beside the objects, slabs built without touching their pages", "the original's layout"),
  CACHE_DEBUG(0, 0, 3, Unit.SWITCH, true,
      "Debugging of caches created later: 0 = none, 1 = frees are checked at once, 2 = also red zones and poison, 3 = "
          + "also stacks, quarantine and leaks by stack.",
      "more faults are named, sooner", "0 costs nothing"),
  GUARD_SAMPLE(0, 0, Integer.MAX_VALUE, Unit.OBJECTS, true,
      "One in so many segments of caches created later, never of general allocation, has a scope of its own, closed by "
          + "free: its use after free and its double free throw; 0 = none.",
      "costs less", "more misuse is found"),
  GENERAL_CLASSES(1, 0, 1, Unit.SWITCH, false,
      "Size classes of general allocation: 0 = Linux's, 1 = eight per doubling.",
      "less of each block unused", "fewer caches, fuller slabs in small heaps"),
  GENERAL_LARGEST(64 << 10, 1024, 4 << 20, Unit.BYTES, false,
      "Largest size class of general allocation, at most spl_kmem_cache_max_size; larger requests get page runs of "
          + "their own.",
      "more sizes come from magazines", "large blocks return their memory sooner"),
  GENERAL_SLAB_BYTES(64 << 10, 4096, 4 << 20, Unit.BYTES, false,
      "Most bytes of a slab of several blocks in the SPL's size classes of general allocation.",
      "fewer page-source calls", "less memory held for classes of few blocks"),
  GENERAL_SLAB_LIMIT(0, 0, 4 << 20, Unit.BYTES, false,
      "Size classes of general allocation up to this one belong to the Linux slab; 0 = none do.",
      "small blocks lie in denser slabs", "large ones lie in slabs of exact length"),
  NUMA_NODES(0, 0, 64, Unit.NODES, false,
      "Memory nodes Linux caches keep apart: 0 = those of the machine, else so many, which the CPUs belong to in turn.",
      "what nodes cost can be seen on any machine", "every free has its fast path where there is one node"),
  SLAB_DEBUG(0, 0, 7, Unit.SWITCH, true,
      "What Linux caches created later are debugged with besides their flags: the sum of 1 = RED_ZONE, 2 = STORE_USER, "
          + "4 = POISON.",
      "overruns, writes after free and wrong frees are found", "faster, less memory"),
  MAGAZINE_PLACEMENT(0, 0, 2, Unit.SWITCH, false,
      "How a thread finds its magazine: 0 = biased slots, 1 = by CPU, 2 = by a hash of the thread id; the next where "
          + "the platform lacks one.",
      "simpler, independent of the platform", "faster"),
  POSSIBLE_CPUS(0, 0, 4096, Unit.CPUS, false,
      "Shared magazines per cache (biased slots: up to 4 × as many); 0 = the CPUs this JVM sees.",
      "fewer threads share a magazine", "less memory held back"),
  PAGE_SOURCE(0, 0, 1, Unit.SWITCH, false,
      "0 = one reserved range (mmap) where the platform has it, 1 = java.lang.foreign arenas.",
      "works on every platform", "pages come and go by the range, resident memory is known");

  /** Bytes of a page on most machines. */
  static final int SMALL_PAGE = 4096;

  /** Without any setting, in generation 0 on pages of 4 KiB; as min and max, which are legal too, in {@link #unit}. */
  public final long defaultValue;
  public final long min;
  public final long max;
  public final Unit unit;
  /** Whether a running allocator takes a new value (mode 0644), or only one that is being built (0444). */
  public final boolean writable;
  public final String meaning;
  /** What a larger value gains; {@link #down}: what a smaller one does. */
  public final String up;
  public final String down;

  Tunable(long defaultValue, long min, long max, Unit unit, boolean writable, String meaning, String up, String down) {
    this.defaultValue = defaultValue;
    this.min = min;
    this.max = max;
    this.unit = unit;
    this.writable = writable;
    this.meaning = meaning;
    this.up = up;
    this.down = down;
  }

  /** What a tunable's number counts; bytes may be written with the suffixes {@code K}, {@code M} and {@code G}. */
  public enum Unit {
    OBJECTS("objects"), BATCHES("batches"), THREADS("threads"), CPUS("CPUs"), NODES("nodes"), MILLISECONDS("ms"),
    PERCENT("%"), BYTES("bytes"), MIB("MiB"), GIB("GiB"), ORDER("order"),
    /** One of a few numbered choices. */
    SWITCH("choice");

    /** The unit as tables print it. */
    public final String label;

    Unit(String label) {
      this.label = label;
    }
  }

  /**
   * {@return the value without any setting}
   *
   * @param generation whose
   * @param pageSize bytes
   */
  public long defaultIn(Generation generation, int pageSize) {
    boolean old = generation == Generation.OLD;
    return switch (this) {
      case SPL_KMEM_CACHE_KMEM_LIMIT -> 4L * pageSize / 8;
      case SPL_KMEM_CACHE_SLAB_LIMIT -> old && pageSize != SMALL_PAGE ? 0 : defaultValue;
      case SPL_KMEM_CACHE_EXPIRE -> old ? 2 : generation == Generation.HEAD ? 0 : defaultValue;
      case CACHE_TYPE -> old ? 1 : defaultValue;
      case MEMORY_PRESSURE -> old ? 10 : defaultValue;
      case GROW_IN_CALLER, MAGAZINE_DEPOT, OBJECT_LAYOUT, SLAB_DECAY ->
          generation == Generation.SLABLAB ? defaultValue : 0;
      default -> defaultValue;
    };
  }

  /** {@return the name in properties, on command lines and in tables: the constant's in lower case} */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return the legal values, as messages and tables print them: for instance {@code 1..4095 MiB}} */
  public String range() {
    String top = max == Long.MAX_VALUE || max == Integer.MAX_VALUE ? "" : Long.toString(max);
    return (top.isEmpty() ? "≥ " + min : min + ".." + top) + " " + unit.label;
  }

  /**
   * {@return a value in the row's unit, checked}
   *
   * @throws KmemException.Usage when it is out of range
   */
  public long check(long value) {
    if (value < min || value > max) {
      throw KmemException.Usage.of(key(), value, "must be " + range());
    }
    return value;
  }

  /**
   * {@return what a user wrote, read and checked: decimal or {@code 0x} digits, bytes with an optional K, M or G}
   *
   * @throws KmemException.Usage when it cannot be read or is out of range
   */
  public long parse(String text) {
    String digits = text.strip();
    int shift = 0;
    if (unit == Unit.BYTES && !digits.isEmpty()) {
      shift = switch (digits.charAt(digits.length() - 1)) {
        case 'k', 'K' -> 10;
        case 'm', 'M' -> 20;
        case 'g', 'G' -> 30;
        default -> 0;
      };
      digits = shift == 0 ? digits : digits.substring(0, digits.length() - 1);
    }
    try {
      boolean hex = digits.startsWith("0x"); // Long.decode would take a leading zero for octal
      long number = hex ? Long.parseLong(digits.substring(2), 16) : Long.parseLong(digits);
      return check(Math.multiplyExact(number, 1L << shift));
    } catch (NumberFormatException | ArithmeticException e) {
      String suffixes = unit == Unit.BYTES ? ", optionally with K, M or G" : "";
      throw KmemException.Usage.of(key(), text, "must be a whole number" + suffixes + ", " + range());
    }
  }

  /**
   * {@return the row of a name, as {@link #key()} gives it}
   *
   * @throws KmemException.Usage when there is none
   */
  public static Tunable of(String key) {
    return Arrays.stream(values()).filter(row -> row.key().equals(key)).findFirst().orElseThrow(() ->
        KmemException.Usage.of("tunable", key, "no such tunable; known are "
            + Arrays.stream(values()).map(Tunable::key).collect(Collectors.joining(", "))));
  }
}
