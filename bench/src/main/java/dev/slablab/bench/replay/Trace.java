package dev.slablab.bench.replay;

import module java.base;
import dev.slablab.bench.subject.Shape;
import dev.slablab.spec.Tunables;

/**
 * What a program asked of its allocator: events in the order of the file, and the lives of its blocks.
 *
 * <p>Blocks alive at the end are freed by events behind the recorded ones, by the thread that allocated them. Forks get
 * it serialized: the text takes an interpreter ten seconds.
 */
final class Trace implements Serializable {
  private static final long serialVersionUID = 1;

  static final byte MALLOC = 0;
  static final byte CALLOC = 1;
  static final byte MEMALIGN = 2;
  static final byte REALLOC = 3;
  static final byte FREE = 4;

  final String name;
  /** By event. */
  final byte[] verb;
  final short[] thread;
  /** The life that begins, or for FREE ends, with the event. */
  final int[] block;
  /** REALLOC: the life that ends; MEMALIGN: the alignment. */
  final int[] with;
  final int[] line;
  /** By block: bytes asked for. */
  final long[] size;
  /** Blocks that another thread frees than the one that allocated them. */
  final BitSet crossing;
  final int threads;
  /** Events of the file; those behind them are the replayer's. */
  final int recorded;
  final long peakLive;

  private Trace(Builder from, String name, int recorded) {
    this.name = name;
    this.recorded = recorded;
    verb = Arrays.copyOf(from.verb, from.events);
    thread = Arrays.copyOf(from.thread, from.events);
    block = Arrays.copyOf(from.block, from.events);
    with = Arrays.copyOf(from.with, from.events);
    line = Arrays.copyOf(from.line, from.events);
    size = Arrays.copyOf(from.size, from.blocks);
    crossing = from.crossing;
    threads = from.threads;
    peakLive = from.peak;
  }

  int events() {
    return verb.length;
  }

  /** What it asks of a subject, Slablab with the tunables of this JVM. */
  Shape shape() {
    return shape(Tunables.fromSystemProperties());
  }

  Shape shape(Tunables tunables) {
    return new Shape(size, crossing::get, 0, false, tunables);
  }

  /** For a fork. */
  void save(Path file) throws IOException {
    try (ObjectOutputStream out = new ObjectOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeObject(this);
    }
  }

  /** What {@link #save} wrote. */
  @SuppressWarnings("BanSerializableRead") // this program's own file
  static Trace load(Path file) throws IOException {
    try (ObjectInputStream in = new ObjectInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      return (Trace) in.readObject();
    } catch (ClassNotFoundException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** Blocks alive at the end of the file. */
  int left() {
    return events() - recorded;
  }

  /** The life that must have begun before this event, or -1. */
  int needs(int event) {
    return verb[event] == FREE ? block[event] : verb[event] == REALLOC ? with[event] : -1;
  }

  /** By how many bytes the event changes what is live. */
  long change(int event) {
    int ends = needs(event);
    return (verb[event] == FREE ? 0 : size[block[event]]) - (ends < 0 ? 0 : size[ends]);
  }

  /** Collects events; the caller vouches that they are consistent. */
  static final class Builder {
    /** More workers than this are no replay of anything. */
    static final int MAX_THREADS = 1024;
    private static final int FIRST = 1 << 12;

    private byte[] verb = new byte[FIRST];
    private short[] thread = new short[FIRST];
    private int[] block = new int[FIRST];
    private int[] with = new int[FIRST];
    private int[] line = new int[FIRST];
    private long[] size = new long[FIRST];
    private short[] born = new short[FIRST];
    private final BitSet alive = new BitSet();
    private final BitSet crossing = new BitSet();
    private int events;
    private int blocks;
    private int threads;
    private long live;
    private long peak;

    int newThread() {
      return threads++;
    }

    /** Adds an allocation, and gives the number of the life that begins. */
    int alloc(int by, byte what, long bytes, int argument, int at) {
      if (what == REALLOC) {
        end(by, argument);
      }
      if (blocks == size.length) {
        size = Arrays.copyOf(size, 2 * blocks);
        born = Arrays.copyOf(born, 2 * blocks);
      }
      size[blocks] = bytes;
      born[blocks] = (short) by;
      alive.set(blocks);
      live += bytes;
      peak = Math.max(peak, live);
      event(by, what, blocks, argument, at);
      return blocks++;
    }

    void free(int by, int dying, int at) {
      end(by, dying);
      event(by, FREE, dying, -1, at);
    }

    long live() {
      return live;
    }

    private void end(int by, int dying) {
      live -= size[dying];
      alive.clear(dying);
      if (born[dying] != by) {
        crossing.set(dying);
      }
    }

    private void event(int by, byte what, int which, int argument, int at) {
      if (events == verb.length) {
        int more = 2 * events;
        verb = Arrays.copyOf(verb, more);
        thread = Arrays.copyOf(thread, more);
        block = Arrays.copyOf(block, more);
        with = Arrays.copyOf(with, more);
        line = Arrays.copyOf(line, more);
      }
      verb[events] = what;
      thread[events] = (short) by;
      block[events] = which;
      with[events] = argument;
      line[events++] = at;
    }

    Trace build(String name) {
      int recorded = events;
      int[] left = alive.stream().boxed().sorted(java.util.Comparator.comparingInt(id -> born[id]))
          .mapToInt(Integer::intValue).toArray();
      for (int dying : left) {
        free(born[dying], dying, 0);
      }
      return new Trace(this, name, recorded);
    }
  }
}
