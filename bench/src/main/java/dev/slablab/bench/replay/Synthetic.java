package dev.slablab.bench.replay;

import module java.base;

/** Traces made, not recorded: seeded, one thread. */
final class Synthetic {
  /** Of a live set, a single size may be this share; larger ones would make it a matter of luck. */
  private static final int SHARE = 16;
  private static final int CHURN = 4;
  private static final long PAGE_RUN = 1 << 16;

  private Synthetic() {}

  /** Every verb once. */
  static Trace tiny() {
    Trace.Builder builder = new Trace.Builder();
    int thread = builder.newThread();
    int first = builder.alloc(thread, Trace.MALLOC, 8, -1, 0);
    int _ = builder.alloc(thread, Trace.REALLOC, 16, first, 0);
    int _ = builder.alloc(thread, Trace.CALLOC, 8, -1, 0);
    int _ = builder.alloc(thread, Trace.MEMALIGN, 8, 64, 0);
    return builder.build("tiny");
  }

  /** Allocates mixed sizes, of every power of two up to 64 KiB as many bytes, then frees them in another order. */
  static Trace burst(long bytes, long seed) {
    Trace.Builder builder = new Trace.Builder();
    int thread = builder.newThread();
    Random random = new Random(seed);
    List<Integer> blocks = new ArrayList<>();
    int kinds = Long.numberOfTrailingZeros(PAGE_RUN / 16) + 1;
    double[] weight = new double[kinds];
    for (int kind = 0; kind < kinds; kind++) {
      weight[kind] = 1.0 / (16L << kind) + (kind == 0 ? 0 : weight[kind - 1]);
    }
    while (builder.live() < bytes) {
      long top = 16L << draw(weight, random);
      long size = Math.min(bytes - builder.live(), top - random.nextLong(top / 2));
      blocks.add(builder.alloc(thread, Trace.MALLOC, size, -1, 0));
    }
    Collections.shuffle(blocks, random);
    blocks.forEach(block -> builder.free(thread, block, 0));
    return builder.build("burst of " + bytes + " bytes");
  }

  /** The first kind whose running total of weights is above a random share of all. */
  private static int draw(double[] running, Random random) {
    int at = Arrays.binarySearch(running, random.nextDouble() * running[running.length - 1]);
    return Math.min(at < 0 ? -at - 1 : at + 1, running.length - 1);
  }

  /**
   * A live set with the sizes' shares of {@code live count}, then churn: allocations and frees are drawn by
   * {@code allocation rate}, independently, the victim at random among those of its size; live bytes stay within 5 %.
   *
   * @throws IllegalArgumentException naming the line that is not {@code size, allocation rate, live count}
   */
  static Trace distribution(Path file, long bytes, long seed) throws IOException {
    List<double[]> rows = rows(file, bytes / SHARE);
    double total = rows.stream().mapToDouble(row -> row[0] * row[2]).sum();
    Trace.Builder builder = new Trace.Builder();
    int thread = builder.newThread();
    Random random = new Random(seed);
    List<List<Integer>> live = new ArrayList<>();
    double[] running = new double[rows.size()];
    List<Integer> order = new ArrayList<>();
    for (int kind = 0; kind < running.length; kind++) {
      live.add(new ArrayList<>());
      running[kind] = rows.get(kind)[1] + (kind == 0 ? 0 : running[kind - 1]);
      double count = rows.get(kind)[2] * bytes / total;
      for (long n = (long) (count + random.nextDouble()); n > 0; n--) {
        order.add(kind);
      }
    }
    Collections.shuffle(order, random);
    order.forEach(kind -> live.get(kind).add(builder.alloc(thread, Trace.MALLOC, (long) rows.get(kind)[0], -1, 0)));
    for (int left = CHURN * order.size(); left > 0; left--) {
      int kind = draw(running, random);
      if (builder.live() < bytes + bytes / 20) {
        live.get(kind).add(builder.alloc(thread, Trace.MALLOC, (long) rows.get(kind)[0], -1, 0));
      }
      List<Integer> victims = live.get(draw(running, random));
      if (builder.live() > bytes - bytes / 20 && !victims.isEmpty()) {
        int victim = random.nextInt(victims.size());
        Collections.swap(victims, victim, victims.size() - 1);
        builder.free(thread, victims.removeLast(), 0);
      }
    }
    return builder.build(String.valueOf(file.getFileName()));
  }

  private static List<double[]> rows(Path file, long largest) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("--distribution = " + file + ": must be a file");
    }
    List<double[]> rows = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      number++;
      if (!line.isBlank() && !line.startsWith("#")) {
        double[] row = row(line.split(",", -1));
        if (row.length != 3) {
          throw new IllegalArgumentException("--distribution = " + file + ", line " + number
              + ": must be three numbers with commas between, size (at least 1), allocation rate, live count");
        }
        if (row[0] <= largest) {
          rows.add(row);
        }
      }
    }
    if (rows.stream().mapToDouble(row -> row[1]).sum() <= 0 || rows.stream().mapToDouble(row -> row[2]).sum() <= 0) {
      throw new IllegalArgumentException("--distribution = " + file + ": has no size up to a " + SHARE
          + "th of --live-bytes (" + largest + ") with a rate and a live count above 0");
    }
    return rows;
  }

  /** Empty when it is none. */
  private static double[] row(String[] words) {
    try {
      double[] row = Arrays.stream(words).mapToDouble(Double::parseDouble).toArray();
      boolean good = row.length == 3 && row[0] >= 1 && row[0] == Math.rint(row[0])
          && Arrays.stream(row).allMatch(value -> value >= 0 && value < Double.POSITIVE_INFINITY);
      return good ? row : new double[0];
    } catch (NumberFormatException e) {
      return new double[0];
    }
  }
}
