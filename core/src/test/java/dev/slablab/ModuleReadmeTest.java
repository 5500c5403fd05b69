package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.testing.Sources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of faults in core/README.md names tests that there are, one at least for each fault. */
class ModuleReadmeTest {
  private static final Pattern CLASS = Pattern.compile("`(\\w+Test)`");

  /** What is wrong with the text, given the sources of the tests by path. */
  static List<String> judge(String text, Map<String, String> tests) {
    List<String> wrong = new ArrayList<>();
    for (String name : CLASS.matcher(text).results().map(it -> it.group(1)).distinct().toList()) {
      if (tests.entrySet().stream().noneMatch(file -> ("/" + file.getKey()).endsWith("/" + name + ".java")
          && file.getValue().contains("Test\n  "))) {
        wrong.add(name + ": no such test");
      }
    }
    boolean faults = false;
    for (String line : text.lines().toList()) {
      faults = line.startsWith("|") && (faults || line.endsWith("| what happens | test |"));
      if (faults && !line.endsWith("| test |") && !line.startsWith("|---")) {
        String[] cells = line.substring(1).split("\\|", -1);
        if (cells.length != 4 || !CLASS.matcher(cells[2]).find() || cells[0].isBlank() || cells[1].isBlank()) {
          wrong.add(line + ": a fault, what happens, a test");
        }
      }
    }
    return wrong;
  }

  @Test
  void everyTestNamedExists() {
    String text = Sources.moduleReadme();
    assertEquals(List.of(), judge(text, Sources.below("src/test/java")));
    assertTrue(CLASS.matcher(text).results().map(MatchResult::group).distinct().count() > 40);
    for (int check = 1; check <= 22; check++) {
      int number = check;
      assertTrue(Pattern.compile("\\(((A\\d+|,| )*)\\)").matcher(text).results()
          .flatMap(it -> List.of(it.group(1).split("[, ]+")).stream()).anyMatch(("A" + number)::equals), "A" + check);
    }
  }

  @Test
  void whatDoesNotExistIsNamed() {
    Map<String, String> tests = Map.of("a/OneTest.java", "class OneTest {\n  @Test\n  void x() {} }",
        "a/IdleTest.java", "class IdleTest {}");
    String head = "| fault | what happens | test |\n|---|---|---|\n";
    assertEquals(List.of(), judge(head + "| f | w | `OneTest` |\n", tests));
    assertEquals(1, judge(head + "| f | w | `TwoTest` |\n", tests).size());
    assertEquals(1, judge(head + "| f | w | `IdleTest` |\n", tests).size(), "nothing in it");
    assertEquals(1, judge(head + "| f | w | none |\n", tests).size());
    assertEquals(1, judge(head + "| f | `OneTest` |\n", tests).size());
    assertEquals(List.of(), judge("| a | b |\n", tests), "another table");
  }
}
