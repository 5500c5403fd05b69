package dev.slablab.spec;

import module java.base;

/**
 * A value for every {@link Tunable}, in the row's unit. Immutable, thus thread-safe; {@code with} gives a changed copy.
 * Unknown names, and values that cannot be read or are out of range, throw {@link KmemException.Usage}.
 *
 * <p>Java properties set it from outside: {@code -Dslablab.spl_kmem_cache_max_size=64}. Everything named
 * {@code slablab.X} without a further dot must be a tunable; names with one belong to tools and tests.
 */
@SuppressWarnings("doclint:missing") // of arguments
public final class Tunables {
  /** What a property's name begins with. */
  public static final String PREFIX = "slablab.";

  /** What is not set; below every row's least. */
  private static final long UNSET = Long.MIN_VALUE;
  private static final Tunables DEFAULTS =
      new Tunables(LongStream.generate(() -> UNSET).limit(Tunable.values().length).toArray(), Tunable.SMALL_PAGE);

  private final long[] values;
  private final int pageSize;

  private Tunables(long[] values, int pageSize) {
    this.values = values;
    this.pageSize = pageSize;
  }

  /** {@return the values without any setting: the defaults, on pages of 4 KiB} */
  public static Tunables defaults() {
    return DEFAULTS;
  }

  /** {@return the defaults, changed by this JVM's system properties} */
  public static Tunables fromSystemProperties() {
    return from(System.getProperties());
  }

  /** {@return the defaults, changed by the properties that begin with {@value #PREFIX}; others are ignored} */
  public static Tunables from(Properties properties) {
    Map<String, String> settings = new HashMap<>();
    for (String name : properties.stringPropertyNames()) {
      String key = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : ".";
      if (key.indexOf('.') < 0) {
        settings.put(key, properties.getProperty(name, ""));
      }
    }
    return DEFAULTS.with(settings);
  }

  /** {@return a copy with one value changed} */
  public Tunables with(Tunable row, long value) {
    long[] copy = values.clone();
    copy[row.ordinal()] = row.check(value);
    return new Tunables(copy, pageSize);
  }

  /** {@return a copy whose defaults are those for pages of a size in bytes} */
  public Tunables onPages(int bytes) {
    return new Tunables(values, bytes);
  }

  /** {@return a copy with values changed by name, as a command line or a file gives them} */
  public Tunables with(Map<String, String> settings) {
    Tunables tunables = this;
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      Tunable row = Tunable.of(setting.getKey());
      tunables = tunables.with(row, row.parse(setting.getValue()));
    }
    return tunables;
  }

  /** {@return the value of a row: what was set, else the default of the generation} */
  public long get(Tunable row) {
    long value = values[row.ordinal()];
    return value != UNSET ? value : row.defaultIn(generation(), pageSize);
  }

  /** {@return whose defaults these are} */
  public Generation generation() {
    return Generation.values()[(int) Math.max(0, values[Tunable.GENERATION.ordinal()])];
  }
}
