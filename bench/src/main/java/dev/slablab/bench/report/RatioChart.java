package dev.slablab.bench.report;

import module java.base;
import com.google.gson.*;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Rectangle;
import java.awt.geom.Ellipse2D;
import org.jfree.chart.*;
import org.jfree.chart.axis.*;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.plot.*;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.chart.ui.RectangleInsets;
import org.jfree.data.xy.*;

/**
 * The ratios of a report as a picture for a README: a row a cell, a colour a figure, medians with their intervals.
 * JFreeChart, since XChart draws text as outlines and has intervals in one direction only.
 */
final class RatioChart {
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  private static final Color[] COLOURS = {new Color(0x0072b2), new Color(0xd55e00), new Color(0x009e73)};
  private static final int WIDTH = 900;
  private static final int ROW = 24;
  private static final int AROUND = 130;
  /** Where a ratio of 1 stands: the axis has a label for each power of two from 2^-10 to 2^10. */
  private static final int ONE = 10;

  private final List<String> rows = new ArrayList<>();
  private final Map<String, XYIntervalSeries> figures = new LinkedHashMap<>();
  private double least = ONE;
  private double most = ONE;

  /** Reads the groups of a report. */
  RatioChart(JsonArray groups) {
    for (JsonElement one : groups) {
      JsonObject group = one.getAsJsonObject();
      String name = groups.size() == 1 ? "" : group.get("name").getAsString() + ": ";
      JsonArray cells = group.getAsJsonArray("cells");
      for (int at = 0; at < cells.size(); at++) {
        if (add(group.getAsJsonArray("metrics"), at)) {
          JsonObject cell = cells.get(at).getAsJsonObject();
          rows.add(name + label(cell.getAsJsonObject("params"))
              + (cell.get("role").getAsString().equals("CONTROL") ? " (again)" : ""));
        }
      }
    }
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("--svg: nothing here is compared with a baseline; name one with --baseline");
    }
  }

  /** Puts a cell's ratios into the next row, if it has any. */
  private boolean add(JsonArray metrics, int cell) {
    double y = rows.size() - 0.11;
    for (JsonElement one : metrics) {
      String name = one.getAsJsonObject().get("name").getAsString();
      for (JsonElement element : one.getAsJsonObject().getAsJsonArray("rows")) {
        JsonObject row = element.getAsJsonObject();
        if (name.endsWith(ReportData.RATIO) && row.get("cell").getAsInt() == cell) {
          double median = place(row.get("median"));
          double low = row.has("low") ? place(row.get("low")) : median;
          double high = row.has("high") ? place(row.get("high")) : median;
          figures.computeIfAbsent(name.replace(ReportData.RATIO, "").replaceFirst("mem.held.per.live|heldPerLive",
              "memory held"), XYIntervalSeries::new).add(median, low, high, y, y, y);
          least = Math.min(least, low);
          most = Math.max(most, high);
          y += 0.22;
        }
      }
    }
    return y > rows.size();
  }

  /** On the logarithmic axis: the library's own writes its numbers as outlines. */
  private static double place(JsonElement ratio) {
    return ONE + Math.log(ratio.getAsDouble()) / Math.log(2);
  }

  /** Who, then what sets the cell apart; of a JVM argument the last word. */
  private static String label(JsonObject params) {
    return params.entrySet().stream().map(one -> switch (one.getKey()) {
      case ForkLine.SUBJECT -> one.getValue().getAsString();
      case "jvm" -> one.getValue().getAsString().replaceAll("-D[\\w.]+\\.", "");
      default -> one.getKey() + "=" + one.getValue().getAsString();
    }).collect(Collectors.joining(", "));
  }

  /** {@return the picture, white behind, its text in whichever font of DejaVu's widths the viewer has} */
  String svg(String title, String baseline) throws IOException {
    XYIntervalSeriesCollection data = new XYIntervalSeriesCollection();
    XYErrorRenderer renderer = new XYErrorRenderer();
    renderer.setDrawYError(false);
    renderer.setErrorStroke(new BasicStroke(2));
    for (XYIntervalSeries series : figures.values()) {
      int at = data.getSeriesCount();
      renderer.setSeriesPaint(at, COLOURS[at % COLOURS.length]);
      renderer.setSeriesShape(at, at % 2 == 0 ? new Ellipse2D.Double(-4, -4, 8, 8) : new Rectangle(-4, -4, 8, 8));
      data.addSeries(series);
    }
    SymbolAxis ratio = new SymbolAxis("÷ " + baseline + ", same round (log): median, 95 % interval; left of 1 is less",
        IntStream.rangeClosed(-ONE, ONE).mapToObj(power -> power < 0 ? "1/" + (1 << -power) : "" + (1 << power))
            .toArray(String[]::new));
    ratio.setGridBandsVisible(false);
    ratio.setRange(least - 0.15, most + 0.15);
    SymbolAxis cells = new SymbolAxis(null, rows.toArray(String[]::new));
    cells.setInverted(true);
    cells.setRange(-0.6, rows.size() - 0.4);
    XYPlot plot = new XYPlot(data, ratio, cells, renderer);
    plot.setBackgroundPaint(Color.WHITE);
    plot.setDomainGridlinePaint(Color.LIGHT_GRAY);
    plot.setRangeGridlinesVisible(false);
    plot.addDomainMarker(new ValueMarker(ONE, Color.DARK_GRAY, new BasicStroke(1.5f)));
    for (ValueAxis axis : List.of(ratio, cells)) {
      axis.setLabelFont(FONT);
      axis.setTickLabelFont(FONT);
    }
    JFreeChart chart = new JFreeChart(title, FONT.deriveFont(Font.BOLD), plot, true);
    chart.setBackgroundPaint(Color.WHITE);
    chart.setPadding(new RectangleInsets(8, 8, 8, 16));
    chart.getLegend().setFrame(BlockBorder.NONE);
    chart.getLegend().setItemFont(FONT);
    int height = AROUND + ROW * rows.size();
    VectorGraphics2D graphics = new VectorGraphics2D();
    chart.draw(graphics, new Rectangle(0, 0, WIDTH, height));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new SVGProcessor().getDocument(graphics.getCommands(), new PageSize(WIDTH, height)).writeTo(out);
    return out.toString(StandardCharsets.UTF_8).replaceFirst("<!DOCTYPE[^>]*>", "")
        .replaceAll("font-family:&quot;[^&]*&quot;;", "").replaceAll("(\\.\\d\\d)\\d+", "$1")
        .replaceFirst("<svg ", "<svg font-family=\"DejaVu Sans,Verdana,sans-serif\" font-size=\"12px\" ");
  }
}
