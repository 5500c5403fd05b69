package dev.slablab.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.NodeList;

/** The page needs nothing from anywhere, shows every fork, and takes no text for markup. */
class ReportTest {
  private static final String GOALS = """
      {"round":0,"cell":"LiveSet.slabBuf {live=128, mixture=WEB_SOCKET}","score":10.5,"unit":"ns/op",\
      "secondary":{"":10.5,"mem.held.per.live":1.5,"gc.count":0.0},"load":1.5}
      {"round":0,"cell":"LiveSet.slabBuf {live=1024, mixture=WEB_SOCKET} -t 2 -XX:+UseZGC","score":20.0}
      {"round":1,"cell":"LiveSet.slabBuf {live=128, mixture=WEB_SOCKET}","error":"it broke"}
      """;
  private static final String QUICK = """
      {"round":0,"order":0,"cell":{"role":"BASELINE","subject":"slabBuf","workload":"WEB 1024"},\
      "nsPerOp":10,"heldPerLive":2}
      {"round":0,"order":1,"cell":{"role":"SUBJECT","subject":"netty","workload":"WEB 1024"},\
      "nsPerOp":30,"heldPerLive":3}
      {"round":1,"order":0,"cell":{"role":"SUBJECT","subject":"netty","workload":"WEB 1024"},\
      "nsPerOp":50,"heldPerLive":3}
      {"round":1,"order":1,"cell":{"role":"BASELINE","subject":"slabBuf","workload":"WEB 1024"},\
      "nsPerOp":20,"heldPerLive":2}
      """;
  private static final String SWEEP = """
      {"round":0,"cell":{"role":"BASELINE","group":"SlabLimit.pair size=64","subject":"slab_limit=0"},\
      "values":{"score":4.0,"mem.held":4096},"machine":{"load":1.0}}
      {"round":0,"cell":{"role":"SUBJECT","group":"SlabLimit.pair size=64","subject":"slab_limit=16384"},\
      "values":{"score":6.0,"mem.held":8192},"machine":{"load":1.0}}
      """;
  private static final String PLAN = """
      {"question":"Which?","cells":[
      {"role":"BASELINE","group":"SlabLimit.pair size=64","subject":"slab_limit=0",
      "config":{"benchmark":"SlabLimit.pair",
      "threads":1,"params":{"size":"64","slab_limit":"0"},"jvmArgs":["-Xa"]}},
      {"role":"SUBJECT","group":"SlabLimit.pair size=64","subject":"slab_limit=16384",
      "config":{"benchmark":"SlabLimit.pair",
      "threads":1,"params":{"size":"64","slab_limit":"16384"},"jvmArgs":[]}}]}
      """;
  private static final String REPLAY = """
      {"round":0,"subject":"SLABLAB","memory":true,"meanRatio":1.25,"samples":[[1,10,4096],[2,20,8192]]}
      {"round":0,"subject":"SLABLAB","memory":false,"nsPerOp":12.5,"passes":[12.0,13.0]}
      {"round":0,"subject":"MIMALLOC","memory":false,"nsPerOp":25.0}
      """;

  @TempDir private Path folder;

  @Test
  void aLineOfGoals() throws IOException {
    JsonObject group = only(data(GOALS));
    assertEquals("LiveSet", group.get("name").getAsString());
    assertEquals("{\"mixture\":\"WEB_SOCKET\"}", group.get("common").toString());
    assertEquals(List.of("{\"subject\":\"slabBuf\",\"live\":\"128\"}",
        "{\"subject\":\"slabBuf\",\"live\":\"1024\",\"threads\":\"2\",\"jvm\":\"-XX:+UseZGC\"}"), cells(group));
    assertEquals(List.of("time", "mem.held.per.live", "load"), names(group));
    assertTrue(data(GOALS).getAsJsonArray("failed").get(0).getAsString().contains("it broke"));
  }

  @Test
  void everyForkItsMedianAndRatioToTheBaselineOfItsRound() throws IOException {
    JsonObject group = only(data(QUICK));
    assertEquals(List.of("time", "time ÷ baseline", "heldPerLive", "heldPerLive ÷ baseline"), names(group));
    JsonObject netty = row(group, "time", "netty");
    assertEquals("[30.0,50.0]", netty.get("values").toString());
    assertEquals(40, netty.get("median").getAsDouble());
    assertEquals(30, netty.get("low").getAsDouble(), 1e-9);
    assertEquals(50, netty.get("high").getAsDouble(), 1e-9);
    assertEquals("[3.0,2.5]", row(group, "time ÷ baseline", "netty").get("values").toString());
    assertThrows(AssertionError.class, () -> row(group, "time ÷ baseline", "slabBuf"), "1 by itself, no finding");
  }

  @Test
  void aLineOfASweep() throws IOException {
    assertEquals("SlabLimit.pair size=64", only(data(SWEEP)).get("name").getAsString(), "the record alone");
    Files.writeString(folder.resolve("plan.json"), PLAN);
    JsonObject data = data(SWEEP);
    assertEquals("[\"Which?\"]", data.get("questions").toString());
    JsonObject group = only(data);
    assertEquals("SlabLimit", group.get("name").getAsString());
    assertEquals(List.of("{\"subject\":\"pair\",\"slab_limit\":\"0\",\"jvm\":\"-Xa\"}",
        "{\"subject\":\"pair\",\"slab_limit\":\"16384\"}"), cells(group));
    assertEquals("{\"threads\":\"1\",\"size\":\"64\"}", group.get("common").toString());
    assertEquals("[1.5]", metric(group, "time ÷ baseline").getAsJsonArray("rows").get(0).getAsJsonObject().get("values")
        .toString());
  }

  @Test
  void aLineOfAReplayInAFolderWithin() throws IOException {
    Files.writeString(Files.createDirectories(folder.resolve("git")).resolve("results.jsonl"), REPLAY);
    JsonObject group = only(page());
    assertEquals("git", group.get("name").getAsString());
    assertEquals("[[1,10,4096],[2,20,8192]]",
        group.getAsJsonArray("samples").get(0).getAsJsonObject().get("points").toString());
    assertEquals("[2.0]", row(group, "time ÷ baseline", "MIMALLOC").get("values").toString());
  }

  /** The baseline is the first of --subjects; before lines said so, Slablab, or else the first subject seen. */
  @Test
  void theBaselineOfAReplay() throws IOException {
    String said = REPLAY.replace("\"subject\":\"SLABLAB\"", "\"subject\":\"SLABLAB\",\"role\":\"SUBJECT\"")
        .replace("\"subject\":\"MIMALLOC\"", "\"subject\":\"MIMALLOC\",\"role\":\"BASELINE\"");
    assertEquals("[0.5]", row(only(data(said)), "time ÷ baseline", "SLABLAB").get("values").toString());
    assertEquals("[2.0]", row(only(data(REPLAY.replace("SLABLAB", "HEAP"))), "time ÷ baseline", "MIMALLOC")
        .get("values").toString());
  }

  /** A single shot's score is its whole burst, no time of an operation. */
  @Test
  void anotherMetricComesFirst() throws IOException {
    Files.writeString(folder.resolve("plan.json"), PLAN.replace("\"config\":", "\"metric\":\"tail\",\"config\":"));
    JsonObject group = only(data(SWEEP.replace("\"mem.held\"", "\"tail\"")));
    assertEquals(List.of("tail", "tail ÷ baseline", "score", "load"), names(group));
    assertEquals("[2.0]", metric(group, "tail ÷ baseline").getAsJsonArray("rows").get(0).getAsJsonObject().get("values")
        .toString());
  }

  static Stream<Path> published() throws IOException {
    try (Stream<Path> all = Files.walk(Path.of("..", "results"))) {
      return all.filter(file -> file.endsWith("results.jsonl")).map(Path::getParent).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource
  void published(Path results) throws IOException {
    Report.write(results, folder.resolve("report.html"), "");
    JsonObject data = embedded();
    assertEquals(Files.readAllLines(results.resolve("results.jsonl")).size(), data.get("forks").getAsInt());
    assertEquals("[]", data.get("notes").toString());
    for (JsonElement group : data.getAsJsonArray("groups")) {
      assertTrue(names(group.getAsJsonObject()).stream().anyMatch(name -> name.equals("time")
          || name.equals("meanRatio")));
    }
  }

  /** The README's picture, and what its command makes: well-formed, fetches nothing, and every cell is in it. */
  @Test
  void theHeadline() throws Exception {
    Path results = Path.of("..", "results", "liveset", "2026-11-22-epyc2-f615734");
    Path made = folder.resolve("made.svg");
    try {
      Report.picture(results, made, "nettyAdaptive");
    } catch (IllegalArgumentException e) {
      assumeTrue(!e.getMessage().startsWith("--svg: must have a font"), e.getMessage());
      throw e;
    }
    Set<String> cells = new TreeSet<>();
    for (String line : Files.readAllLines(results.resolve("results.jsonl"))) {
      String cell = JsonParser.parseString(line).getAsJsonObject().get("cell").getAsString();
      if (!cell.contains("nettyAdaptive")) {
        cells.add(cell.replaceFirst("LiveSet.(\\w+) \\{(.*)}", "$1, $2").replace(" -t ", ", threads=")
            .replaceFirst(" -Dslablab.lab.", ", "));
      }
    }
    assertEquals(16, cells.size());
    for (Path svg : List.of(made, Path.of("..", "results", "headline.svg"))) {
      assertTrue(Files.size(svg) < 60_000, svg + " bytes = " + Files.size(svg));
      assertFalse(Files.readString(svg).matches("(?s).*(href|DOCTYPE|url\\((?!#)).*"), "fetches something");
      NodeList texts = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.toFile())
          .getElementsByTagName("text");
      List<String> words = IntStream.range(0, texts.getLength())
          .mapToObj(at -> texts.item(at).getTextContent()).toList();
      assertTrue(words.containsAll(cells), () -> svg + ": " + words);
      assertTrue(words.containsAll(List.of("time", "memory held")), words::toString);
    }
    int marks = Files.readString(made).split("fill:rgb\\(0,114,178\\)", -1).length - 1;
    assertTrue(marks >= cells.size(), "a mark for each cell's time: " + marks);
  }

  @Test
  void nothingIsFetched() throws IOException {
    data(QUICK);
    String page = Files.readString(folder.resolve("report.html"));
    assertFalse(Pattern.compile("(?i)(src|href|action)\\s*=\\s*[\"'](?!#)|@import|\\burl\\(|sourceMappingURL"
        + "|<(link|img|iframe|base)\\b").matcher(page).find());
    assertTrue(page.contains("default-src 'none'"), "and the browser refuses what slips through");
    assertTrue(page.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
    assertTrue(page.contains("Chart.js v") && page.contains("MIT License"), "the library with its licence");
    assertFalse(page.contains("{{"), "no placeholder is left");
  }

  /** Whatever a file says stays text: no end of the script, no markup, no placeholder. */
  @Test
  void textIsNotMarkup() throws IOException {
    String evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{style}}\u2028";
    Files.writeString(folder.resolve("command.txt"), evil);
    Files.writeString(folder.resolve("summary.md"), "| " + evil + " |\n|---|\n");
    JsonObject line = JsonParser.parseString(QUICK.lines().findFirst().orElseThrow()).getAsJsonObject();
    line.getAsJsonObject("cell").addProperty("subject", evil);
    JsonObject data = data(line + "\n");
    assertEquals(evil, data.get("command.txt").getAsString());
    assertTrue(cells(only(data)).getFirst().contains("alert(1)"));
    String page = Files.readString(folder.resolve("report.html"));
    assertFalse(page.contains("alert(1)</script>") || page.contains("<img"), "escaped");
    assertEquals(4, page.split("</script>", -1).length, "chart, data, script");
    String script = page.substring(page.lastIndexOf("<script>"));
    assertFalse(Pattern.compile("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(").matcher(script)
        .find());
  }

  /** An interrupted run ends in the middle of a line. */
  @Test
  void aTornLineIsToldAndTheRestShown() throws IOException {
    JsonObject data = data(QUICK + "{\"round\":2,\"or");
    assertEquals(4, data.get("forks").getAsInt());
    assertEquals("[\"results.jsonl, line 5 is left out: it is torn\"]", data.get("notes").toString());
  }

  @Test
  void nothingButTornLinesIsAnError() throws IOException {
    Files.writeString(folder.resolve("results.jsonl"), "{\n");
    assertThrows(IllegalArgumentException.class, this::page);
  }

  private JsonObject data(String lines) throws IOException {
    Files.writeString(folder.resolve("results.jsonl"), lines);
    return page();
  }

  private JsonObject page() throws IOException {
    Report.write(folder, folder.resolve("report.html"), "");
    return embedded();
  }

  /** As the script reads it. */
  private JsonObject embedded() throws IOException {
    String page = Files.readString(folder.resolve("report.html"));
    String from = "<script type=\"application/json\" id=\"data\">";
    int start = page.indexOf(from) + from.length();
    return JsonParser.parseString(page.substring(start, page.indexOf("</script>", start))).getAsJsonObject();
  }

  private static JsonObject only(JsonObject data) {
    JsonArray groups = data.getAsJsonArray("groups");
    assertEquals(1, groups.size(), groups::toString);
    return groups.get(0).getAsJsonObject();
  }

  private static List<String> cells(JsonObject group) {
    return group.getAsJsonArray("cells").asList().stream().map(cell -> cell.getAsJsonObject().get("params").toString())
        .toList();
  }

  private static List<String> names(JsonObject group) {
    return group.getAsJsonArray("metrics").asList().stream()
        .map(metric -> metric.getAsJsonObject().get("name").getAsString()).toList();
  }

  private static JsonObject metric(JsonObject group, String name) {
    return group.getAsJsonArray("metrics").get(names(group).indexOf(name)).getAsJsonObject();
  }

  private static JsonObject row(JsonObject group, String metric, String subject) {
    List<String> cells = cells(group);
    return metric(group, metric).getAsJsonArray("rows").asList().stream().map(JsonElement::getAsJsonObject)
        .filter(row -> cells.get(row.get("cell").getAsInt()).contains("\"" + subject + "\"")).findFirst()
        .orElseThrow(() -> new AssertionError("no row of " + subject));
  }
}
