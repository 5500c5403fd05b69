package dev.slablab;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * One operation of a fuzzed history, and three numbers that say what it is done to: each is taken modulo what there is,
 * so that a history with some operations left out is one too. Prints as the replay does.
 */
record FuzzOp(Kind kind, int a, int b, int c) {
  /** How often each kind comes, relatively. */
  enum Kind {
    /** Opens a cache: type, size, options. */
    OPEN(20),
    /** Closes a cache if nothing is in use, or sees that refused; now and then for good all the same. */
    CLOSE(8),
    /** Allocates: cache, mode, way. */
    ALLOC(330),
    /** Several at once: cache, number, mode. */
    BULK(20),
    /** Frees a block, in one of several ways. */
    FREE(270),
    /** Frees several at once: cache, number. */
    FREE_BULK(25),
    /** General allocation: exponent, size, way. */
    GENERAL(120),
    /** Reallocates a block of general allocation: which, exponent, size. */
    REALLOC(40),
    REAP(20),
    REAP_ALL(8),
    SCAN(4),
    /** Time passes, and the timer ages. */
    TICK(40),
    /** Changes a Linux cache's arrays: limit, batch, shared. */
    RETUNE(10),
    /** Changes a tunable: row, value. */
    TUNE(15),
    /** The page source refuses some requests: how many, behind how many. */
    REFUSE(20),
    ALLOW(20),
    /** Task threads stall, or no longer. */
    STALL(10),
    TASKS(20),
    /** Frees what is no block; of a debugged cache, what is inside one, and one twice. */
    WRONG(10),
    /** Frees all of a cache, or half of all there is. */
    SWEEP(6),
    CHECK(5),
    /** Looks at an object and frees it as a reader. */
    READ(8),
    /** A CPU goes or comes. */
    ONLINE(4);

    private final int weight;

    Kind(int weight) {
      this.weight = weight;
    }
  }

  private static final int ARGUMENTS = 1 << 16;
  private static final int WEIGHTS = Arrays.stream(Kind.values()).mapToInt(kind -> kind.weight).sum();

  static FuzzOp random(SplittableRandom random) {
    int dice = random.nextInt(WEIGHTS);
    int kind = 0;
    while (dice >= Kind.values()[kind].weight) {
      dice -= Kind.values()[kind++].weight;
    }
    return new FuzzOp(Kind.values()[kind], random.nextInt(ARGUMENTS), random.nextInt(ARGUMENTS),
        random.nextInt(ARGUMENTS));
  }

  static FuzzOp parse(String text) {
    String[] words = text.strip().split("[ ,]+");
    return new FuzzOp(Kind.valueOf(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]),
        Integer.parseInt(words[3]));
  }

  @Override
  public String toString() {
    return kind + "," + a + "," + b + "," + c;
  }
}
