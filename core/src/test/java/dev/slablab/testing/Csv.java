package dev.slablab.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A golden table from {@code src/test/resources/vectors}. */
public final class Csv {
  /** One row: column title to cell. */
  public record Row(Map<String, String> cells) {
    /** A cell as a number. */
    public long number(String column) {
      return Long.parseLong(text(column));
    }

    /** A cell as it stands. */
    public String text(String column) {
      String cell = cells.get(column);
      if (cell == null) {
        throw new AssertionError("no column " + column + " in " + cells.keySet());
      }
      return cell;
    }
  }

  private Csv() {}

  /** Reads a table. */
  public static List<Row> rows(String name) {
    List<String> lines;
    try (InputStream in = Csv.class.getResourceAsStream("/vectors/" + name)) {
      lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String[] titles = lines.getFirst().split(",", -1);
    List<Row> rows = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      if (cells.length != titles.length) {
        throw new AssertionError(name + ": " + line);
      }
      Map<String, String> row = new HashMap<>();
      for (int i = 0; i < titles.length; i++) {
        row.put(titles[i], cells[i]);
      }
      rows.add(new Row(row));
    }
    return rows;
  }
}
