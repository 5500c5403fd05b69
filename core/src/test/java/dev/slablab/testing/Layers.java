package dev.slablab.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Judges sources: layers look downward only, nothing foreign is used, files stay small. */
public final class Layers {
  private static final String BASE = "dev.slablab";
  /** Higher looks at lower; equal ranks do not know each other. The public package is the empty name. */
  private static final Map<String, Integer> RANK =
      Map.of("spec", 0, "page", 1, "percpu", 2, "slab", 3, "spl", 4, "linux", 4, "", 5);
  /** Longest alternative first: what is a comment in a string, or a string in a comment, is told apart. */
  private static final Pattern COMMENT_OR_TEXT = Pattern.compile(
      "\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])*'|/\\*.*?\\*/|//[^\n]*", Pattern.DOTALL);
  private static final Pattern IMPORT = Pattern.compile("^\\s*import\\s+(?:static\\s+)?([\\w.]+(?:\\.\\*)?)\\s*;",
      Pattern.MULTILINE);
  private static final Pattern PACKAGE =
      Pattern.compile("^\\s*(?:@\\w+\\s+)*package\\s+([\\w.]+)\\s*;", Pattern.MULTILINE);
  /** A qualified name in the code: its package, and one more lower-case part if there is one. */
  private static final Pattern OWN_NAME = Pattern.compile("\\bdev\\.slablab\\b(?:\\.([a-z]\\w*))?");

  private Layers() {}

  /** Names the lines that are too long, by characters; empty when none is. */
  public static List<String> wide(Map<String, String> sources, int columns) {
    List<String> wide = new ArrayList<>();
    sources.forEach((file, text) -> {
      List<String> lines = text.lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).length() > columns) {
          wide.add(file + ":" + (i + 1) + ": " + lines.get(i).length() + " columns, at most " + columns);
        }
      }
    });
    return wide;
  }

  /** Says what is wrong with the sources; empty when nothing is. */
  public static List<String> judge(Map<String, String> sources, int linesPerFile, int linesInAll) {
    List<String> wrong = new ArrayList<>();
    long all = 0;
    for (Map.Entry<String, String> source : sources.entrySet()) {
      String file = source.getKey();
      long lines = source.getValue().lines().count();
      all += source.getValue().lines().filter(line -> !line.isBlank()).count();
      if (lines > linesPerFile) {
        wrong.add(file + ": " + lines + " lines, at most " + linesPerFile);
      }
      judge(file, COMMENT_OR_TEXT.matcher(source.getValue()).replaceAll(" "), wrong);
    }
    if (all > linesInAll) {
      wrong.add("all files: " + all + " lines of code and comments, at most " + linesInAll);
    }
    return wrong;
  }

  private static void judge(String file, String code, List<String> wrong) {
    Matcher declared = PACKAGE.matcher(code);
    String name = declared.find() ? declared.group(1) : "";
    int slash = file.lastIndexOf('/');
    if (slash < 0 || !name.equals(file.substring(0, slash).replace('/', '.'))) {
      wrong.add(file + ": is in package " + name);
      return;
    }
    String layer = name.equals(BASE) ? "" : name.substring(BASE.length() + 1);
    Integer rank = RANK.get(layer);
    if (rank == null) {
      wrong.add(file + ": package " + name + " is no layer");
      return;
    }
    Matcher imports = IMPORT.matcher(code);
    while (imports.find()) {
      String target = imports.group(1);
      if (!target.startsWith("java.") && !target.startsWith("jdk.jfr.")
          && !target.startsWith("org.jspecify.") && !target.startsWith(BASE + ".")) {
        wrong.add(file + ": imports " + target);
      }
    }
    Matcher names = OWN_NAME.matcher(code);
    while (names.find()) {
      String target = names.group(1) == null ? "" : names.group(1);
      Integer its = RANK.get(target);
      if (!target.equals(layer) && (its == null || its >= rank)) {
        wrong.add(file + ": looks upward or sideways at " + names.group());
      }
    }
    for (String forbidden : new String[] {"sun.misc", "jdk.internal"}) {
      if (code.contains(forbidden)) {
        wrong.add(file + ": uses " + forbidden);
      }
    }
  }
}
