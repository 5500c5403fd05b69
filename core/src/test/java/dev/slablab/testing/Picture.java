package dev.slablab.testing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The picture in a class's Javadoc, read as a program would: a line of numbers above a line of cells. */
public final class Picture {
  private static final Pattern NUMBERS = Pattern.compile("^ \\*( +\\d+)+$");

  private Picture() {}

  /** The cells' names with the numbers above their left and right edges, in order. */
  public static Map<String, List<Integer>> of(String file) {
    List<String> lines = Sources.below("src/main/java").get(file).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (NUMBERS.matcher(lines.get(i)).matches()) {
        List<Integer> numbers = numbers(lines.get(i));
        String[] cells = lines.get(i + 2).replace(" *  |", "").split("\\|", -1);
        Map<String, List<Integer>> picture = new LinkedHashMap<>();
        for (int cell = 0; cell + 1 < numbers.size(); cell++) {
          picture.put(cells[cell].strip(), List.of(numbers.get(cell), numbers.get(cell + 1)));
        }
        return picture;
      }
    }
    throw new AssertionError(file + " has no picture");
  }

  private static List<Integer> numbers(String line) {
    return new ArrayList<>(Pattern.compile("\\d+").matcher(line).results().map(MatchResult::group)
        .map(Integer::valueOf).toList());
  }
}
