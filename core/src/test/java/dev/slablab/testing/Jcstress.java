package dev.slablab.testing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs jcstress in JVMs of its own; reports with every outcome lie under {@code target/proof}. */
public final class Jcstress {
  private static final Pattern TEST = Pattern.compile("\\] dev\\.slablab\\.\\w+\\.\\w+\\.(\\w+)\\s*$");
  /** A row of a table: outcome, samples, frequency, expectation. */
  private static final Pattern ROW =
      Pattern.compile("^\\s+(-?\\d+, -?\\d+, -?\\d+)\\s+([\\d,]+)\\s+<?[\\d.]+%\\s+(Acceptable|Forbidden)");

  private Jcstress() {}

  /** What a run printed, and its samples by test: all, and those that are forbidden. */
  public record Report(int exit, String output, Map<String, Long> samples, Map<String, Long> forbidden) {
    /** All samples. */
    public long total() {
      return samples.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** Runs the tests whose names match. */
  public static Report run(String select, String jvm, int iterations, int millis, String... more) {
    String name = "jcstress" + Integer.toHexString((select + jvm).hashCode());
    List<String> args = new ArrayList<>(List.of("-t", select, "-f", "1", "-iters", "" + iterations, "-time",
        "" + millis, "-c", "2", "-sc", "false", "-af", "NONE", "-v", "-r", ForkedJvm.TARGET.resolve(name).toString(),
        "-jvmArgs", "--enable-native-access=ALL-UNNAMED " + jvm));
    Collections.addAll(args, more);
    ForkedJvm.Result result = ForkedJvm.run(List.of(), "org.openjdk.jcstress.Main", args, 600);
    return new Report(result.exit(), result.output(), samples(result.output(), false), samples(result.output(), true));
  }

  private static Map<String, Long> samples(String output, boolean forbidden) {
    Map<String, Long> samples = new TreeMap<>();
    List<String> lines = new ArrayList<>(output.lines().toList());
    String test = "?";
    for (String line : lines.subList(Math.max(0, lines.indexOf("RUN RESULTS:")), lines.size())) {
      Matcher name = TEST.matcher(line);
      test = name.find() ? name.group(1) : test;
      Matcher row = ROW.matcher(line);
      if (row.find() && (!forbidden || row.group(3).equals("Forbidden"))) {
        samples.merge(test, Long.parseLong(row.group(2).replace(",", "")), Long::sum);
      }
    }
    return samples;
  }
}
