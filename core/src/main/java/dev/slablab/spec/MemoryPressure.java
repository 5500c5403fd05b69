package dev.slablab.spec;

import module java.base;

/** Tells how short of memory the machine is; injected, so that tests can say it. Thread-safe. */
@FunctionalInterface
public interface MemoryPressure {
  /** {@return nanoseconds so far in which some task waited for memory, never falling; -1 where that cannot be told} */
  long stalledNanos();

  /** {@return the machine's: Linux's pressure stall information, {@code /proc/pressure/memory}} */
  static MemoryPressure system() {
    return psi(Path.of("/proc/pressure/memory"));
  }

  /**
   * {@return what a file says, in microseconds behind the last {@code =} of its line {@code some}}
   *
   * @param file where a control group has its own, for instance; it may be missing
   */
  static MemoryPressure psi(Path file) {
    return () -> {
      try {
        return Files.readString(file).lines().filter(line -> line.startsWith("some "))
            .mapToLong(line -> 1000 * Long.parseLong(line.substring(line.lastIndexOf('=') + 1))).findFirst().orElse(-1);
      } catch (IOException | NumberFormatException e) { // none here, switched off, or of another form
        return -1;
      }
    };
  }
}
