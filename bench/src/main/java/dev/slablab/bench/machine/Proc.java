package dev.slablab.bench.machine;

import module java.base;
import java.lang.management.ManagementFactory;

/** Reads the kernel's text files; what is not there is an empty text, as on other systems than Linux. */
public final class Proc {
  private Proc() {}

  /** {@return how a JVM is started as this one was, with more arguments} */
  public static List<String> jvm(List<String> more, String... last) {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(more);
    Collections.addAll(command, last);
    return command;
  }

  /** {@return a small file's text, stripped; empty when it cannot be read} */
  public static String read(String path) {
    try {
      return Files.readString(Path.of(path)).strip();
    } catch (IOException | RuntimeException e) {
      return "";
    }
  }

  /** {@return the first value of a name in a file with {@code name : value} lines; empty when there is none} */
  public static String field(String path, String name) {
    for (String line : read(path).lines().toList()) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
        return line.substring(colon + 1).strip();
      }
    }
    return "";
  }

  /** {@return bytes of anonymous memory of this process that are resident; 0 where the kernel does not tell} */
  public static long anonymous() {
    String text = field("/proc/self/smaps_rollup", "Anonymous").replaceAll("\\D", "");
    return text.isEmpty() ? 0 : Long.parseLong(text) << 10;
  }

  /** Of several files the first that has a text. */
  static String first(String... paths) {
    return List.of(paths).stream().map(Proc::read).filter(text -> !text.isEmpty()).findFirst().orElse("");
  }

  /**
   * What the machine as a whole has done so far.
   *
   * @param stealTicks ticks the hypervisor took from all CPUs; -1 where not told
   * @param switches context switches; -1 where not told
   * @param childFaults pages that ended children of this process touched first; -1 where not told
   * @param load mean of runnable threads over the last minute; -1 where not told
   */
  public record Activity(long stealTicks, long switches, long childFaults, double load) {
    /** {@return the counters now} */
    public static Activity now() {
      long steal = -1;
      long switches = -1;
      for (String line : read("/proc/stat").lines().toList()) {
        String[] words = line.split(" +", -1);
        if (words[0].equals("cpu") && words.length > 8) {
          steal = Long.parseLong(words[8]);
        } else if (words[0].equals("ctxt")) {
          switches = Long.parseLong(words[1]);
        }
      }
      String load = read("/proc/loadavg");
      String[] own = read("/proc/self/stat").replaceFirst(".*\\) ", "").split(" ", -1); // behind the program's name
      return new Activity(steal, switches, own.length > 8 ? Long.parseLong(own[8]) : -1,
          load.isEmpty() ? -1 : Double.parseDouble(load.split(" ", 2)[0]));
    }
  }
}
