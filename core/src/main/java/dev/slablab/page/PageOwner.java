package dev.slablab.page;

import org.jspecify.annotations.Nullable;

/**
 * Whoever a page run belongs to: a slab, an emergency object, a run handed out whole. What {@link PageMap} may hold; a
 * class, so that a free by address pays for no interface dispatch.
 */
@SuppressWarnings("doclint:missing") // of the constructor
public abstract class PageOwner {
  /** The public layer's cache whose objects are here; null when there is none. */
  public final @Nullable Object handle;
  /** The number of that cache among the general ones, if a free by address needs to know no more of it; else -1. */
  public final int number;

  protected PageOwner(@Nullable Object handle, int number) {
    this.handle = handle;
    this.number = number;
  }

  /**
   * {@return what to say of an address that is not the expected owner's}
   *
   * @param owner whose it is, or null
   */
  public static String whose(@Nullable PageOwner owner) {
    return owner == null ? "is no object of this allocator, or its slab has been returned already"
        : "belongs to " + owner;
  }
}
