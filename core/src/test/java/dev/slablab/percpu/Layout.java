package dev.slablab.percpu;

import dev.slablab.testing.ForkedJvm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where one JVM puts fields, and what is wrong with that. */
final class Layout {
  /** Lines are fetched in pairs; the collector may put any object next to any other. */
  static final long APART = 128;

  record Field(long offset, long bytes) {}

  private final Map<String, Field> lines = new LinkedHashMap<>();

  /** What {@link LayoutProbe} prints about classes in a JVM with these flags. */
  static Layout of(List<String> flags, List<Class<?>> classes) {
    List<String> all = new ArrayList<>(flags);
    Collections.addAll(all, "-Djdk.attach.allowAttachSelf=true", "-XX:+EnableDynamicAgentLoading",
        "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC");
    ForkedJvm.Result result = ForkedJvm.run(all, LayoutProbe.class.getName(),
        classes.stream().map(Class::getName).toList(), 60);
    return parse(result.output());
  }

  static Layout parse(String output) {
    Layout layout = new Layout();
    for (String line : output.lines().filter(line -> line.startsWith("layout ")).toList()) {
      String[] words = line.split(" ", -1);
      layout.lines.put(words[1], new Field(Long.parseLong(words[2]), Long.parseLong(words[3])));
    }
    if (layout.lines.isEmpty()) {
      throw new AssertionError(output);
    }
    return layout;
  }

  /** A number of the JVM, or the size of a class. */
  long number(String name) {
    return lines.get(name).offset;
  }

  long bytes(Class<?> type) {
    return number(type.getName());
  }

  Field field(Class<?> type, String name) {
    Field field = lines.get(type.getName() + "." + name);
    if (field == null) {
      throw new AssertionError(type + " has no field " + name + "; there are " + lines.keySet());
    }
    return field;
  }

  /** What shares 128 bytes, or may, with the fields that an owner writes. */
  List<String> complaints(Class<?> type, List<String> hot, List<String> others) {
    List<String> wrong = new ArrayList<>();
    for (String name : hot) {
      Field field = field(type, name);
      far(wrong, type.getSimpleName() + "." + name + " and the object before", -1, field.offset);
      far(wrong, type.getSimpleName() + "." + name + " and the object behind", field.offset, bytes(type));
      for (String other : others) {
        Field foreign = field(type, other);
        far(wrong, type.getSimpleName() + "." + name + " and " + other,
            Math.min(field.offset, foreign.offset), Math.max(field.offset, foreign.offset));
      }
    }
    return wrong;
  }

  /** The same for elements of an array, so many there, of this type, the first and the last one that is hot. */
  List<String> complaints(String type, long length, long first, long last) {
    long base = number(type.equals("long") ? "longs" : "references");
    long scale = type.equals("long") ? Long.BYTES : number("reference");
    List<String> wrong = new ArrayList<>();
    far(wrong, "element " + first + " and the array's length", base - 1, base + first * scale);
    far(wrong, "element " + last + " and the object behind", base + last * scale, base + length * scale);
    return wrong;
  }

  /** Fields are aligned by their size: those that begin so far apart never share an aligned block. */
  private static void far(List<String> wrong, String what, long low, long high) {
    if (high - low < APART) {
      wrong.add(what + ": " + (high - low) + " bytes apart, expected ≥ " + APART);
    }
  }
}
