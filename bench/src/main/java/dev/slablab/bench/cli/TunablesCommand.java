package dev.slablab.bench.cli;

import module java.base;
import com.google.gson.GsonBuilder;
import dev.slablab.bench.report.Table;
import dev.slablab.spec.*;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code tunables}: every row, as a table for people, for programs, or for the README. */
@Command(name = "tunables", description = "Every tunable: name, default, range, mode, meaning, what up and down gain.")
final class TunablesCommand implements Runnable {
  private static final List<String> TITLES =
      List.of("name", "default", "range", "unit", "mode", "meaning", "up", "down");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "As JSON, for programs.")
  private boolean json;

  @Option(names = "--markdown", description = "As a Markdown table, for the README.")
  private boolean markdown;

  @Override
  public void run() {
    var _ = Tunables.fromSystemProperties(); // what is wrong with a -D is said here too
    PrintWriter out = spec.commandLine().getOut();
    if (json && markdown) {
      throw new IllegalArgumentException("--json and --markdown: must not both be given");
    }
    if (json) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Tunable row : Tunable.values()) {
        Map<String, Object> object = new LinkedHashMap<>();
        List<String> texts = texts(row);
        for (int i = 0; i < TITLES.size(); i++) {
          object.put(TITLES.get(i), texts.get(i));
        }
        object.put("default", row.defaultValue);
        object.put("min", row.min);
        object.put("max", row.max);
        rows.add(object);
      }
      out.println(new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(rows));
    } else if (markdown) {
      out.println("| " + String.join(" | ", TITLES) + " |");
      out.println("|" + "---|".repeat(TITLES.size()));
      for (Tunable row : Tunable.values()) {
        List<String> cells = new ArrayList<>(texts(row));
        cells.set(0, "`" + cells.getFirst() + "`");
        out.println("| " + String.join(" | ", cells) + " |");
      }
    } else {
      Table table = new Table("name", ">default", "range", "mode", "meaning");
      for (Tunable row : Tunable.values()) {
        table.row(row.key(), Long.toString(row.defaultValue), row.range(), mode(row), row.meaning);
        table.row("", "", "", "", "  up: " + row.up);
        table.row("", "", "", "", "  down: " + row.down);
      }
      out.print(table);
      out.println();
      out.println("mode 0444: fixed when a Kmem is built; 0644: Kmem.tune changes it. From outside:");
      out.println("-Dslablab.NAME=VALUE; in benchmarks: -p NAME=VALUE[,VALUE...].");
    }
  }

  private static List<String> texts(Tunable row) {
    String range = row.range();
    String unit = row.unit.label;
    return List.of(row.key(), Long.toString(row.defaultValue), range.substring(0, range.length() - unit.length() - 1),
        unit, mode(row), row.meaning, row.up, row.down);
  }

  private static String mode(Tunable row) {
    return row.writable ? "0644" : "0444";
  }
}
