package dev.slablab.bench.replay;

import module java.base;
import dev.slablab.bench.machine.Proc;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text format of Android's memory_replay, plain or gzip. A line that is broken, or contradicts those before
 * it, is an error with its number. A thread id seen again after {@code thread_done} is another thread.
 */
final class TraceReader {
  /** Recordings that come with the lab. */
  static final List<String> SHIPPED = List.of("git", "redis");

  /** What a Java array and a ByteBuf can hold, so that every subject can serve every trace. */
  private static final long MAX_SIZE = Integer.MAX_VALUE - 8;
  private static final long MAX_ALIGN = 1 << 21;
  private static final int MAX_LINE = 160;
  private static final int MAX_WORDS = 5;
  /** In {@link #blocks}: was freed; any other address that is not there was never allocated. */
  private static final Integer FREED = -1;

  private final String name;
  private final InputStream in;
  private final Trace.Builder builder = new Trace.Builder();
  private final Map<Long, Integer> blocks = new HashMap<>();
  private final Map<Long, Integer> threads = new HashMap<>();
  private final byte[] text = new byte[MAX_LINE];
  private final String[] words = new String[MAX_WORDS];
  private final long available = available();
  private int line;

  private TraceReader(String name, InputStream in) {
    this.name = name;
    this.in = in;
  }

  /**
   * Reads a file, or a shipped trace by its name.
   *
   * @throws IllegalArgumentException naming the trace, the line and what is wrong there
   */
  static Trace read(String name) throws IOException {
    Path file = Path.of(name);
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException("trace = " + name + ": is a folder, must be a file");
    }
    boolean shipped = !Files.exists(file) && SHIPPED.contains(name);
    if (!shipped && !Files.isReadable(file)) {
      throw new IllegalArgumentException("trace = " + name + ": is no file that can be read, and none of the shipped "
          + SHIPPED);
    }
    try (InputStream raw = shipped ? resource(name) : Files.newInputStream(file);
        InputStream buffered = new BufferedInputStream(raw, 1 << 16)) {
      return new TraceReader(name, buffered).parse();
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream found = TraceReader.class.getResourceAsStream("/dev/slablab/bench/traces/" + name + ".txt.gz");
    if (found == null) {
      throw new IOException("trace = " + name + ": is missing in this jar");
    }
    return found;
  }

  static long available() {
    String text = Proc.field("/proc/meminfo", "MemAvailable").replaceAll("\\D", "");
    return text.isEmpty() ? Long.MAX_VALUE : Long.parseLong(text) << 10;
  }

  private Trace parse() throws IOException {
    in.mark(2);
    boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    try (InputStream plain = gzip ? new BufferedInputStream(new GZIPInputStream(in, 1 << 16), 1 << 16) : in) {
      for (String next = next(plain); next != null; next = next(plain)) {
        if (!next.isBlank() && next.charAt(0) != '#') {
          event(next);
        }
      }
    } catch (EOFException | ZipException e) {
      throw new IllegalArgumentException("trace = " + name + ", behind line " + line + ": the gzip file is cut off or"
          + " damaged (" + e.getMessage() + ")", e);
    }
    Trace trace = builder.build(name);
    if (trace.recorded == 0) {
      throw new IllegalArgumentException("trace = " + name + ": has no events");
    }
    return trace;
  }

  private @Nullable String next(InputStream from) throws IOException {
    int n = 0;
    int read = from.read();
    if (read < 0) {
      return null;
    }
    line++;
    for (; read >= 0 && read != '\n'; read = from.read()) {
      if (n == MAX_LINE) {
        throw bad("line", new String(text, 0, 20, StandardCharsets.US_ASCII) + "…", "at most " + MAX_LINE
            + " characters");
      }
      text[n++] = (byte) read;
    }
    return new String(text, 0, n, StandardCharsets.US_ASCII);
  }

  private void event(String from) {
    StringTokenizer tokens = new StringTokenizer(from);
    int n = 0;
    for (; n < MAX_WORDS && tokens.hasMoreTokens(); n++) {
      words[n] = tokens.nextToken();
    }
    long id = id(words[0]);
    if (n < 2) {
      throw bad("verb", "", "one of malloc, calloc, memalign, realloc, free, thread_done");
    }
    int wanted = switch (words[1]) {
      case "malloc" -> 4;
      case "free", "thread_done" -> 3;
      case "calloc", "memalign", "realloc" -> 5;
      default -> throw bad("verb", words[1], "one of malloc, calloc, memalign, realloc, free, thread_done");
    };
    if (n != wanted || tokens.hasMoreTokens()) {
      throw bad(words[1], n - 2 + (tokens.hasMoreTokens() ? " or more words" : " words"),
          "followed by " + (wanted - 2));
    }
    long address = address(words[2]);
    if (words[1].equals("thread_done")) { // also of a thread that never asked for memory
      threads.remove(id);
      return;
    }
    int thread = thread(id);
    switch (words[1]) {
      case "malloc" -> begin(thread, Trace.MALLOC, address, number("size", words[3], MAX_SIZE), -1);
      case "calloc" -> begin(thread, Trace.CALLOC, address, product(words[3], words[4]), -1);
      case "memalign" -> begin(thread, Trace.MEMALIGN, address, number("size", words[4], MAX_SIZE), align(words[3]));
      case "realloc" -> realloc(thread, address, address(words[3]), number("size", words[4], MAX_SIZE));
      default -> {
        if (address != 0) { // free(NULL) does nothing
          builder.free(thread, end(address, words[2]), line);
        }
      }
    }
  }

  private long id(String word) {
    if (!word.endsWith(":")) {
      throw bad("thread", word, "a number and a colon");
    }
    return number("thread", word.substring(0, word.length() - 1), Long.MAX_VALUE);
  }

  private int thread(long id) {
    Integer known = threads.get(id);
    if (known == null) {
      known = builder.newThread();
      if (known == Trace.Builder.MAX_THREADS) {
        throw bad("threads", known + 1, "at most " + Trace.Builder.MAX_THREADS);
      }
      threads.put(id, known);
    }
    return known;
  }

  private void realloc(int thread, long to, long from, long size) {
    if (from == 0) { // realloc(NULL, size) is malloc
      begin(thread, Trace.MALLOC, to, size, -1);
    } else if (to == 0 && size == 0) { // and realloc(p, 0) may be free
      builder.free(thread, end(from, words[3]), line);
    } else {
      begin(thread, Trace.REALLOC, to, size, end(from, words[3]));
    }
  }

  private void begin(int thread, byte verb, long address, long size, int with) {
    Integer before = blocks.get(address);
    if (address == 0 || (before != null && !before.equals(FREED))) {
      throw bad("address", words[2], address == 0 ? "not 0: a failed allocation cannot be replayed"
          : "one that is not in use");
    }
    blocks.put(address, builder.alloc(thread, verb, size, with, line));
    if (builder.live() > available) {
      throw bad("live bytes", builder.live(), "at most the memory this machine has available, " + available);
    }
  }

  private int end(long address, String word) {
    Integer block = blocks.put(address, FREED);
    if (block == null || block.equals(FREED)) {
      throw bad("address", word, block == null ? "one that was allocated before" : "in use, but was freed already");
    }
    return block;
  }

  private long address(String word) {
    try {
      if (word.startsWith("0x")) {
        return Long.parseUnsignedLong(word, 2, word.length(), 16);
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw bad("address", word, "0x and up to 16 hexadecimal digits");
  }

  private long number(String what, String word, long max) {
    try {
      long value = Long.parseLong(word);
      if (value >= 0 && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw bad(what, word, "a whole number from 0 to " + max);
  }

  private long product(String count, String size) {
    long n = number("count", count, MAX_SIZE);
    long each = number("size", size, MAX_SIZE);
    if (n * each > MAX_SIZE) { // both are below 2^31
      throw bad("count * size", n * each, "at most " + MAX_SIZE);
    }
    return n * each;
  }

  private int align(String word) {
    long align = number("alignment", word, MAX_ALIGN);
    if (Long.bitCount(align) != 1) {
      throw bad("alignment", word, "a power of two up to " + MAX_ALIGN);
    }
    return (int) align;
  }

  private IllegalArgumentException bad(String what, Object value, String legal) {
    String printable = value.toString().replaceAll("[^\\x20-\\x7e…]", "?");
    return new IllegalArgumentException("trace = " + name + ", line " + line + ": " + what + " = " + printable
        + ": must be " + legal);
  }
}
