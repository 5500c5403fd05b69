package dev.slablab.linux;

import module java.base;
import dev.slablab.spec.KmemException;

/**
 * What a line written to {@code /proc/slabinfo} asks for: {@code name limit batchcount shared}.
 *
 * @param limit objects in an array cache
 * @param batch objects moved by one refill or flush
 * @param sharedFactor batches in a node's shared array; 0 = none
 */
public record TuneLine(String name, int limit, int batch, int sharedFactor) {
  private static final int MAX_BYTES = 128;
  /** Largest array; the kernel set no bound but its memory. */
  private static final int MAX_LIMIT = 1 << 20;
  /** The numbers stand last, so that a name may contain blanks. */
  private static final Pattern FORM = Pattern.compile("\\s*(\\S.*?)\\s+(-?\\d{1,18})\\s+(-?\\d{1,18})\\s+(-?\\d{1,18})\\s*");

  /** Reads and checks a line ({@code slabinfo_write}); what is wrong with it is an error. */
  public static TuneLine parse(String line, Predicate<String> known) {
    int bytes = line.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw KmemException.Usage.of("bytes of the line", bytes, "at most " + MAX_BYTES);
    }
    Matcher parts = FORM.matcher(line);
    if (!parts.matches()) {
      throw KmemException.Usage.of("line", line.strip(),
          "must be a cache's name and three whole numbers: name limit batchcount shared");
    }
    if (!known.test(parts.group(1))) {
      throw KmemException.Usage.of("name", parts.group(1), "no Linux cache is called so; slabinfo lists them");
    }
    long limit = Long.parseLong(parts.group(2));
    long batch = Long.parseLong(parts.group(3));
    long shared = Long.parseLong(parts.group(4));
    check(limit, batch, shared);
    return new TuneLine(parts.group(1), (int) limit, (int) batch, (int) shared);
  }

  /** Throws unless array caches can have these numbers. */
  static void check(long limit, long batch, long shared) {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw KmemException.Usage.of("limit", limit, "must be 1.." + MAX_LIMIT + " objects");
    }
    if (batch < 1 || batch > limit) {
      throw KmemException.Usage.of("batchcount", batch, "must be 1.." + limit + ", the limit");
    }
    if (shared < 0 || shared > MAX_LIMIT / batch) {
      throw KmemException.Usage.of("shared", shared, "must be 0.." + MAX_LIMIT / batch
          + " batches; shared × batchcount is the shared array's size");
    }
  }
}
