package dev.slablab.linux;

import module java.base;
import dev.slablab.page.Memory;

/** Who called the allocator, as a word: the number of a call site in a table of this JVM, from 1; 0 = nobody. */
final class Callers {
  private static final Map<String, Long> WORDS = new LinkedHashMap<>(); // as many as there are call sites, not calls
  private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private static final Pattern OURS = Pattern.compile("dev\\.slablab(\\.(spec|slab|percpu|linux))?");

  private Callers() {}

  /** The word of the first frame outside the allocator. */
  static long word() {
    String site = WALKER.walk(frames -> frames.filter(frame -> !isOurs(frame.getDeclaringClass())).findFirst()
        .map(frame -> frame.toStackTraceElement().toString()).orElse("a thread of the allocator"));
    synchronized (WORDS) {
      return WORDS.computeIfAbsent(site, _ -> WORDS.size() + 1L);
    }
  }

  /** By package and by where the class came from: tests are in our packages, the lab is in the same jar. */
  private static boolean isOurs(Class<?> type) {
    return OURS.matcher(type.getPackageName()).matches()
        && type.getProtectionDomain() == Callers.class.getProtectionDomain();
  }

  static String name(long word) {
    synchronized (WORDS) {
      return word == 0 ? "nobody" : word < 0 || word > WORDS.size() ? Memory.hex(word) + ", which is no call site"
          : WORDS.keySet().stream().skip(word - 1).findFirst().orElseThrow();
    }
  }
}
