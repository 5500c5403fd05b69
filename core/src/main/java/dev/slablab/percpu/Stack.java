package dev.slablab.percpu;

import module java.base;

/**
 * A LIFO stack of free objects ({@code spl_kmem_magazine_t}). One word says everything that alloc and free change, so
 * that each of them stores it once:
 *
 * <pre>
 *   63                         17   16   15          0
 *  +-----------------------------+------+-------------+
 *  |         pops so far         | busy |    avail    |    push: + 1      pop: + 2^17 - 1
 *  +-----------------------------+------+-------------+
 * </pre>
 * The methods here are for whoever is in the section, {@link #avail} and {@link #pops} for anybody: they are late by a
 * section at most.
 */
abstract class Stack extends Pad {
  private static final long[] EMPTY = new long[2 * ELEMENTS];

  long word;
  /** 0 while the cache is closed, and once a {@link Lease} is revoked: every operation ends in the slow path. */
  int capacity;
  long[] objects = EMPTY;
  /** Objects moved in from the slab layer minus objects moved out to it, so far. */
  long moved;
  /** Pops up to the last look of ageing, and looks since that found no more. */
  long aged;
  int looks;

  /** Largest capacity the word has room for. */
  static final int MAX_CAPACITY = (1 << 16) - 1;
  static final long BUSY = 1 << 16;
  static final long POP = 2 * BUSY - 1;
  /** The fill level as sections see it: a mark that an Error left behind makes it more than any capacity. */
  private static final long LEVEL = 2 * BUSY - 1;

  /** No thread's id: these are positive. */
  static final long NOBODY = 0;

  static final VarHandle WORD = field("word", long.class);
  static final VarHandle CAPACITY = field("capacity", int.class);

  Stack(long tid) {
    super(tid);
  }

  private static VarHandle field(String name, Class<?> type) {
    try {
      return MethodHandles.lookup().findVarHandle(Stack.class, name, type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  static int avail(long word) {
    return (int) word & MAX_CAPACITY;
  }

  /** The number that a section compares, unsigned, with the capacity: a push as it is, a pop less one. */
  static int level(long word) {
    return (int) (word & LEVEL);
  }

  final int room() {
    return objects.length - 2 * ELEMENTS;
  }

  /** Gives an empty stack room for so many objects. */
  final void resize(int newCapacity) {
    if (room() != newCapacity) {
      objects = new long[newCapacity + 2 * ELEMENTS];
    }
    capacity = newCapacity;
  }

  /** Takes up to n of the newest objects; returns how many. */
  final int pop(long[] to, int from, int n) {
    int count = Math.min(n, avail(word));
    System.arraycopy(objects, ELEMENTS + avail(word) - count, to, from, count);
    word += count * POP;
    return count;
  }

  /** Adds objects as far as there is room; returns how many. */
  final int push(long[] from, int at, int n) {
    int count = Math.clamp(capacity - avail(word), 0, n);
    System.arraycopy(from, at, objects, ELEMENTS + avail(word), count);
    word += count;
    return count;
  }

  /** The same for objects that come from the slab layer. */
  final int store(long[] from, int n) {
    int count = push(from, 0, n);
    moved += count;
    return count;
  }

  /** Moves up to n of the oldest objects out (index 0 up), the rest move down; returns how many. */
  final int takeOldest(long[] to, int n) {
    int avail = avail(word);
    int count = Math.min(Math.min(n, to.length), avail);
    System.arraycopy(objects, ELEMENTS, to, 0, count);
    System.arraycopy(objects, ELEMENTS + count, objects, ELEMENTS, avail - count);
    word -= count;
    moved -= count;
    return count;
  }

  enum Bulk { POP, PUSH, STORE, FLUSH }

  final int bulk(Bulk what, long[] array, int from, int n) {
    return switch (what) {
      case POP -> pop(array, from, n);
      case PUSH -> push(array, from, n);
      case STORE -> store(array, n);
      case FLUSH -> avail(word) < capacity ? 0 : takeOldest(array, n);
    };
  }

  final LongStream contents() {
    return Arrays.stream(objects, ELEMENTS, ELEMENTS + avail());
  }

  final long word() {
    return (long) WORD.getAcquire(this);
  }

  final int avail() {
    return avail(word());
  }

  final long pops() {
    return word() >>> 17;
  }

  /** A look of ageing: whether so many have found objects and no pop. */
  final boolean isIdle(int enough) {
    if (avail() == 0) {
      return false;
    }
    long now = pops();
    looks = now == aged ? looks + 1 : 0;
    aged = now;
    return looks >= enough;
  }

  /** Objects pushed so far: what is there, less what was moved in, plus what was popped. */
  final long pushes() {
    return avail() - moved + pops();
  }
}
