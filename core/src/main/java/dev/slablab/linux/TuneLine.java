package dev.slablab.linux;

import module java.base;
import dev.slablab.percpu.Magazines;
import dev.slablab.spec.KmemException.Usage;

/** What a line written to {@code /proc/slabinfo} asks for: {@code name limit batchcount shared}. */
public record TuneLine(String name, int limit, int batch, int sharedFactor) {
  private static final int MAX_BYTES = 128;
  /** Objects in a shared array; the kernel set no bound but its memory. */
  private static final int MAX_SHARED = 1 << 20;
  /** The numbers stand last, so that a name may contain blanks. */
  private static final Pattern FORM = Pattern.compile("\\s*(\\S.*?)" + "\\s+([-+]?\\d{1,18})".repeat(3) + "\\s*");

  /** Reads a line ({@code slabinfo_write}); what is wrong with it is an error. */
  public static TuneLine parse(String line, Predicate<String> known) {
    int bytes = line.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw Usage.of("bytes of the line", bytes, "at most " + MAX_BYTES);
    }
    Matcher parts = FORM.matcher(line);
    if (!parts.matches()) {
      throw Usage.of("line", line.strip(), "must be a name and three whole numbers: name limit batchcount shared");
    }
    if (!known.test(parts.group(1))) {
      throw Usage.of("name", parts.group(1), "no Linux cache is called so; slabinfo lists them");
    }
    long[] numbers = IntStream.rangeClosed(2, 4).mapToLong(i -> Long.parseLong(parts.group(i))).toArray();
    check(numbers[0], numbers[1], numbers[2]);
    return new TuneLine(parts.group(1), (int) numbers[0], (int) numbers[1], (int) numbers[2]);
  }

  /** Throws unless array caches can have these numbers. */
  static void check(long limit, long batch, long shared) {
    if (limit < 1 || limit > Magazines.MAX_CAPACITY) {
      throw Usage.of("limit", limit, "must be 1.." + Magazines.MAX_CAPACITY + " objects");
    } else if (batch < 1 || batch > limit) {
      throw Usage.of("batchcount", batch, "must be 1.." + limit + ", the limit");
    } else if (shared < 0 || shared > MAX_SHARED / batch) {
      throw Usage.of("shared", shared, "must be 0.." + MAX_SHARED / batch + " batches of " + batch + " objects");
    }
  }
}
