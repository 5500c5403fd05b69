package dev.slablab.spec;

/**
 * Everything this allocator throws of its own: a closed set of four kinds.
 *
 * <p>Messages name what was wrong as {@code name = value}, what is legal, and what to do.
 */
@SuppressWarnings("serial") // nobody stores them
public abstract sealed class KmemException extends RuntimeException {
  KmemException(String message) {
    super(message);
  }

  /** The caller asked for something that is not legal; nothing was changed. */
  public static final class Usage extends KmemException {
    /**
     * A usage error.
     *
     * @param message {@code name = value}, the legal range, what to do
     */
    public Usage(String message) {
      super(message);
    }

    /**
     * A usage error in the house form.
     *
     * @param name what was wrong
     * @param value the value it had
     * @param legal what is legal
     * @return the exception
     */
    public static Usage of(String name, Object value, String legal) {
      return new Usage(name + " = " + value + ": " + legal);
    }
  }

  /** Memory ran out and did not come back in time. */
  public static final class NoMemory extends KmemException {
    /**
     * Out of memory.
     *
     * @param message names the cache and the limit that was met
     */
    public NoMemory(String message) {
      super(message);
    }
  }

  /** An address or a structure is not what it must be: a wrong free, or memory overwritten. */
  public static final class Corruption extends KmemException {
    /**
     * A corruption.
     *
     * @param message kind, cache, address, expected and found
     */
    public Corruption(String message) {
      super(message);
    }
  }

  /** Something was closed while objects were still in use. */
  public static final class Leak extends KmemException {
    /**
     * A leak.
     *
     * @param message the cache and the counts
     */
    public Leak(String message) {
      super(message);
    }
  }
}
