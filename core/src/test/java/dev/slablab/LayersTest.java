package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.testing.Layers;
import dev.slablab.testing.Sources;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The structure of core, enforced; and the checker itself, checked on sources that offend. */
class LayersTest {
  private static final int LINES_PER_FILE = 400;
  private static final int COLUMNS = 120;
  private static final int LINES_OF_CORE = 9_410;

  @Test
  void coreKeepsItsLayersAndItsSize() {
    Map<String, String> sources = Sources.below("src/main/java");
    assertTrue(sources.containsKey("dev/slablab/Kmem.java"), "found " + sources.keySet());
    assertEquals(List.of(), Layers.judge(sources, LINES_PER_FILE, LINES_OF_CORE));
  }

  @Test
  void noFileIsTooLongOrTooWide() {
    for (String folder : List.of("src/main/java", "src/test/java")) {
      Map<String, String> sources = Sources.below(folder);
      assertTrue(sources.size() > 50, folder + ": " + sources.size());
      assertEquals(List.of(), Layers.wide(sources, COLUMNS), folder);
      sources.forEach((file, text) -> assertTrue(text.lines().count() <= LINES_PER_FILE, file));
    }
  }

  @Test
  void longLinesAreNamed() {
    String text = "–".repeat(COLUMNS) + "\n" + "–".repeat(COLUMNS + 1) + "\n";
    assertEquals(List.of("X.java:2: 121 columns, at most 120"), Layers.wide(Map.of("X.java", text), COLUMNS));
  }

  @Test
  void everyPackageOpensWithItsTheory() {
    Map<String, String> sources = Sources.below("src/main/java");
    sources.keySet().stream().map(file -> file.substring(0, file.lastIndexOf('/'))).distinct().forEach(folder -> {
      String text = sources.get(folder + "/package-info.java");
      assertTrue(text != null && text.contains("/**") && text.contains("@NullMarked"), folder);
    });
  }

  @ParameterizedTest
  @CsvSource({
    "page, import dev.slablab.spl.Slab;, looks upward",
    "page, import dev.slablab.percpu.Magazines;, looks upward",
    "page, import dev.slablab.Kmem;, looks upward",
    "page, import static dev.slablab.spl.SlabLayout.hex;, looks upward",
    "spec, import dev.slablab.page.Pages;, looks upward",
    "percpu, import dev.slablab.spl.*;, looks upward",
    "spl, import dev.slablab.linux.Nodes;, looks upward or sideways",
    "linux, import dev.slablab.spl.Slab;, looks upward or sideways",
    "spl, class X { dev.slablab.Kmem kmem; }, looks upward",
    "page, class X { Object o = new dev.slablab.spl.Slab(); }, looks upward",
    "spl, import sun.misc.Unsafe;, imports sun.misc.Unsafe",
    "spl, class X { sun.misc.Unsafe u; }, uses sun.misc",
    "spl, import com.example.Lists;, imports com.example.Lists",
    "spl, import javax.management.MBean;, imports javax",
    "tools, class X {}, is no layer"})
  void offendersAreNamed(String layer, String code, String complaint) {
    List<String> wrong = judge("dev/slablab/" + layer + "/X.java", "package dev.slablab." + layer + ";\n" + code);
    assertTrue(wrong.toString().contains(complaint), wrong.toString());
    assertTrue(wrong.getFirst().startsWith("dev/slablab/" + layer + "/X.java: "), wrong.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "spl, import dev.slablab.percpu.Magazines;",
    "spl, import dev.slablab.spec.CacheSpec;",
    "linux, import dev.slablab.page.Pages;",
    "percpu, import java.util.List;",
    "page, import org.jspecify.annotations.Nullable;",
    "page, /** See {@link dev.slablab.spl.Slab}. */ class X {}",
    "page, class X {} // as dev.slablab.spl does",
    "page, class X { String s = \"dev.slablab.spl // sun.misc\"; }",
    "page, class X { dev.slablab.page.Pages own; }"})
  void theInnocentAreNot(String layer, String code) {
    assertEquals(List.of(), judge("dev/slablab/" + layer + "/X.java", "package dev.slablab." + layer + ";\n" + code));
  }

  @Test
  void largeFilesAndLargeCoresAreNamed() {
    String file = "dev/slablab/X.java";
    String text = "package dev.slablab;\n" + "\n".repeat(9);
    assertEquals(List.of(), Layers.judge(Map.of(file, text), 10, 10));
    assertEquals(List.of(file + ": 10 lines, at most 9"), Layers.judge(Map.of(file, text), 9, 10));
    assertEquals(List.of(), Layers.judge(Map.of(file, text), 10, 1), "blank lines do not count in all");
    assertEquals(List.of("all files: 1 lines of code and comments, at most 0"),
        Layers.judge(Map.of(file, text), 10, 0));
  }

  @Test
  void aFileInTheWrongFolderIsNamed() {
    assertEquals(List.of("dev/slablab/page/X.java: is in package dev.slablab.spl"),
        judge("dev/slablab/page/X.java", "package dev.slablab.spl;"));
  }

  private static List<String> judge(String file, String text) {
    return Layers.judge(Map.of(file, text), LINES_PER_FILE, LINES_OF_CORE);
  }
}
