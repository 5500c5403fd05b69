package dev.slablab.page;

/** Whoever a page run belongs to: a slab, or an emergency object. Marks what {@link PageMap} may hold. */
public interface PageOwner {}
