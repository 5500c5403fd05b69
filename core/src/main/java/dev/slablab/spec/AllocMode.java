package dev.slablab.spec;

/** How far an allocation may go to find memory (the {@code KM_*} flags of {@code kmem_cache_alloc}). */
public enum AllocMode {
  /** May wait for growth, reap and other threads' frees; ends with an object or an exception. */
  SLEEP,
  /** Never waits for growth, reap or callbacks; may take the short list lock; 0 when there is no memory. */
  NOSLEEP,
  /** As {@link #SLEEP}, for the thread that is writing memory out; no reserve is kept for it here. */
  PUSHPAGE,
  /** May wait for a slab that is being built, but not for memory ({@code __GFP_NORETRY}); 0 when there is none. */
  NORETRY;

  /** {@return whether the allocation may wait for growth} */
  public boolean mayWait() {
    return this != NOSLEEP;
  }

  /** {@return whether the allocation may wait for memory to come free} */
  public boolean mayRetry() {
    return this == SLEEP || this == PUSHPAGE;
  }
}
