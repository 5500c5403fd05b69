package dev.slablab.bench.report;

import module java.base;

/** A text table: columns as wide as their widest cell; a title that begins with {@code >} is aligned right. */
public final class Table {
  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();
  private final boolean[] right;

  /** An empty table. */
  public Table(String... titles) {
    right = new boolean[titles.length];
    List<String> header = new ArrayList<>();
    for (int i = 0; i < titles.length; i++) {
      right[i] = titles[i].startsWith(">");
      header.add(right[i] ? titles[i].substring(1) : titles[i]);
    }
    rows.add(header);
  }

  /** Adds a row. */
  public void row(String... cells) {
    if (cells.length != right.length) {
      throw new IllegalArgumentException("cells = " + cells.length + ": must be " + right.length);
    }
    rows.add(List.of(cells));
  }

  /** {@return the rows as a Markdown table} */
  public String markdown() {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      text.append("| ").append(String.join(" | ", row)).append(" |\n");
      if (row == rows.getFirst()) {
        for (boolean number : right) {
          text.append(number ? "|---:" : "|---");
        }
        text.append("|\n");
      }
    }
    return text.toString();
  }

  /** {@return the rows as aligned text} */
  @Override
  public String toString() {
    int[] width = new int[right.length];
    for (List<String> row : rows) {
      for (int i = 0; i < width.length; i++) {
        width[i] = Math.max(width[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < width.length; i++) {
        String pad = " ".repeat(width[i] - row.get(i).length());
        line.append(right[i] ? pad + row.get(i) : row.get(i) + pad).append(GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
