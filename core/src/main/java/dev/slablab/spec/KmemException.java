package dev.slablab.spec;

/**
 * Everything this allocator throws of its own: a closed set of four kinds. Messages name what was wrong as {@code name
 * = value}, what is legal, and what to do.
 */
@SuppressWarnings({"serial", "doclint:missing"}) // nobody stores them; a constructor takes the message
public abstract sealed class KmemException extends RuntimeException {
  KmemException(String message) {
    super(message);
  }

  /** The caller asked for something that is not legal; nothing was changed. */
  public static final class Usage extends KmemException {
    public Usage(String message) {
      super(message);
    }

    /** In the house form: {@code name = value: what is legal}. */
    public static Usage of(String name, Object value, String legal) {
      return new Usage(name + " = " + value + ": " + legal);
    }
  }

  /** Memory ran out and did not come back in time. The message names the cache and the limit that was met. */
  public static final class NoMemory extends KmemException {
    public NoMemory(String message) {
      super(message);
    }
  }

  /**
   * An address or a structure is not what it must be: a wrong free, or memory overwritten. The message names kind,
   * cache and address, what was expected and what was found.
   */
  public static final class Corruption extends KmemException {
    public Corruption(String message) {
      super(message);
    }
  }

  /** Something was closed while objects were still in use. The message names the cache and the counts. */
  public static final class Leak extends KmemException {
    public Leak(String message) {
      super(message);
    }
  }
}
