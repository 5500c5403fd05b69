package dev.slablab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** The quiet points of a soak, and whether they are flat. */
final class SoakReport {
  /** Growth over the whole run that counts as none: this part of the median, or so many bytes. */
  private static final int PART = 10;
  static final long RESIDENT_BYTES = 512 << 10;
  static final long HEAP_BYTES = 8 << 20;
  /** The points that warm up: size classes get their caches, and every keepsake is renewed once. */
  private static final int WARM_UP = SoakKeepsakes.MOST;

  /**
   * What a quiet point saw. Bytes are resident, held and asked for while all is in use; kept: once all but the
   * keepsakes was freed and reaped.
   */
  record Point(double seconds, long operations, long created, long live, long liveBytes, long inMagazines,
      long heldBytes, long residentBytes, long keepsakes, long keptHeldBytes, long keptResidentBytes, long heapBytes,
      int threads, long forgotten) {
    static final String HEADER = "seconds,operations,caches_created,live_blocks,live_bytes,in_magazines,held_bytes,"
        + "resident_bytes,keepsakes,kept_held_bytes,kept_resident_bytes,heap_bytes,threads,forgotten";

    String csv() {
      return String.format(Locale.ROOT, "%.1f,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d", seconds, operations, created,
          live,
          liveBytes, inMagazines, heldBytes, residentBytes, keepsakes, keptHeldBytes, keptResidentBytes, heapBytes,
          threads, forgotten);
    }
  }

  private final List<Point> points = new ArrayList<>();

  void add(Point point) {
    points.add(point);
    System.out.println("soak: " + point);
  }

  List<Point> points() {
    return points;
  }

  /** By how much a series grew from its first point to the last: the median of the slopes of all pairs (Theil–Sen). */
  static double growth(long[] series) {
    double[] slopes = new double[series.length * (series.length - 1) / 2];
    int n = 0;
    for (int i = 0; i < series.length; i++) {
      for (int j = i + 1; j < series.length; j++) {
        slopes[n++] = (double) (series[j] - series[i]) / (j - i);
      }
    }
    Arrays.sort(slopes);
    return slopes.length == 0 ? 0 : slopes[slopes.length / 2] * (series.length - 1);
  }

  /** What a series did behind its warm-up; the first word says whether that is flat. */
  static String verdict(String what, long[] all, long least) {
    long[] series = Arrays.copyOfRange(all, Math.min(WARM_UP, all.length), all.length);
    if (series.length < 2) {
      return what + ": no verdict on fewer than " + (WARM_UP + 2) + " points";
    }
    long[] sorted = series.clone();
    Arrays.sort(sorted);
    long bound = Math.max(least, sorted[sorted.length / 2] / PART);
    double growth = growth(series);
    return String.format(Locale.ROOT, "%s: %s, %d points: least %d, median %d, most %d, growth over the run %.0f, "
        + "allowed %d", growth <= bound ? "flat" : "GROWING", what, series.length, sorted[0], sorted[sorted.length / 2],
        sorted[sorted.length - 1], growth, bound);
  }

  private long[] series(ToLongFunction<Point> column) {
    return points.stream().mapToLong(column).toArray();
  }

  /** Resident bytes first, then the Java heap's. */
  List<String> verdicts() {
    return List.of(verdict("resident bytes with the keepsakes alone", series(Point::keptResidentBytes), RESIDENT_BYTES),
        verdict("Java heap after GC, bytes", series(Point::heapBytes), HEAP_BYTES));
  }

  boolean isFlat() {
    return verdicts().stream().allMatch(line -> line.startsWith("flat"));
  }

  /** Writes a folder with the points and a text. */
  void write(Path folder, String text) {
    StringBuilder csv = new StringBuilder(Point.HEADER).append('\n');
    points.forEach(point -> csv.append(point.csv()).append('\n'));
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("soak.csv"), csv);
      Files.writeString(folder.resolve("soak.txt"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
