package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.bench.replay.TraceLoop;
import dev.slablab.bench.subject.SubjectKind;
import dev.slablab.spec.*;

/** What the benchmarks' parameters may be. */
public final class Parameters {
  /** The largest object of a benchmark: ring and bursts must still fit in a small machine. */
  private static final int MAX_SIZE = 64 << 20;
  private static final int MAX_THREADS = 1024;
  /** The tunable that the others' defaults follow. */
  public static final String GENERATION = "generation";
  private static final List<String> TUNABLES = Arrays.stream(Tunable.values()).map(Tunable::key).toList();

  private Parameters() {}

  /** Checks a value before a fork is spent on it; the error is one line: name, value, what is legal. */
  public static void check(String name, String value) {
    if (TUNABLES.contains(name)) {
      try {
        Tunable.of(name).parse(value);
      } catch (RuntimeException e) { // KmemException.Usage, whose message has the house form already
        throw new IllegalArgumentException(e.getMessage(), e);
      }
      return;
    }
    switch (name) {
      case "subject" -> subject(value);
      case "zeroed" -> require(value.equals("true") || value.equals("false"), name, value, "must be true or false");
      case "burst" -> powerOfTwo(name, value, Bursts.PAIRS);
      case "batch" -> powerOfTwo(name, value, ProducerConsumer.MAX_BATCH);
      case "live" -> powerOfTwo(name, value, LiveSet.MAX_LIVE);
      case "trace" -> require(TraceLoop.names().contains(value), name, value, "must be one of " + TraceLoop.names());
      case "construct" -> require(value.equals("NONE") || Arrays.stream(ConstructorPlacement.values())
          .anyMatch(when -> when.name().equals(value)), name, value, "must be NONE, PER_ALLOCATION or PER_SLAB");
      case "workers", "callers", "kinds" -> integer(name, value, MAX_THREADS);
      case "pages" -> named(Growth.Pages.values(), name, value);
      case "mixture" -> named(Mixture.values(), name, value);
      default -> integer(name, value, MAX_SIZE);
    }
  }

  /** Refuses what no setting can say: a first default counts as not set, so another generation puts its own there. */
  public static void check(String name, String value, String generation) {
    if (TUNABLES.contains(name) && !name.equals(GENERATION)) {
      Tunable row = Tunable.of(name);
      long now = Tunables.defaults().with(Map.of(GENERATION, generation)).get(row);
      require(row.parse(value) != row.defaultValue || now == row.defaultValue, name, value, "counts as not set, so with"
          + " generation = " + generation + " it would be " + now + "; leave it out, or give another value");
    }
  }

  /** Finds a subject. */
  public static SubjectKind subject(String value) {
    SubjectKind kind = named(SubjectKind.values(), "subject", value);
    kind.checkAvailable();
    return kind;
  }

  private static <E extends Enum<E>> E named(E[] all, String name, String value) {
    for (E one : all) {
      if (one.name().equals(value)) {
        return one;
      }
    }
    throw wrong(name, value, "must be one of " + Arrays.toString(all));
  }

  /** Reads an object size. */
  public static int size(String name, String value) {
    return integer(name, value, MAX_SIZE);
  }

  private static void powerOfTwo(String name, String value, int max) {
    String legal = "must be a power of two from 1 to " + max;
    require(value.matches("[0-9]{1,9}"), name, value, legal);
    int number = Integer.parseInt(value);
    require(number <= max && Integer.bitCount(number) == 1, name, value, legal);
  }

  /** Reads a number from 1 up. */
  public static int integer(String name, String value, int max) {
    String legal = "must be a whole number from 1 to " + max;
    require(value.matches("[0-9]{1,9}"), name, value, legal);
    int number = Integer.parseInt(value);
    require(number >= 1 && number <= max, name, value, legal);
    return number;
  }

  private static void require(boolean right, String name, String value, String legal) {
    if (!right) {
      throw wrong(name, value, legal);
    }
  }

  private static IllegalArgumentException wrong(String name, String value, String legal) {
    return new IllegalArgumentException(name + " = " + value + ": " + legal);
  }
}
