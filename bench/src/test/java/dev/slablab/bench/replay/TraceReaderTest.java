package dev.slablab.bench.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Good traces become what they say, bad ones an error with the line. */
class TraceReaderTest {
  static final String ALL_VERBS = """
      # a comment

      1: malloc 0x10 48
      1: calloc 0x20 3 100
      2: memalign 0x30 4096 5000
      1: realloc 0x40 0x10 9000
      1: realloc 0x20 0x20 20
      2: free 0x40
      1: free 0x0
      1: malloc 0x10 0
      2: realloc 0x50 0x0 7
      9: thread_done 0x0
      2: thread_done 0x0
      2: malloc 0x60 70000
      1: realloc 0x0 0x50 0
      """;

  @TempDir private Path folder;

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("t"), bytes);
  }

  static Trace parse(Path folder, String text) throws IOException {
    return TraceReader.read(Files.writeString(folder.resolve("trace"), text).toString());
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.US_ASCII));
    }
    return bytes.toByteArray();
  }

  /** What forks get is what was read. */
  @Test
  void aSavedTraceIsTheSame() throws IOException {
    Trace trace = parse(folder, ALL_VERBS);
    Path file = folder.resolve("saved");
    trace.save(file);
    Trace loaded = Trace.load(file);
    assertTrue(!trace.crossing.isEmpty());
    assertEquals(trace.crossing, loaded.crossing);
    assertEquals(List.of(trace.name, trace.threads, trace.recorded, trace.peakLive),
        List.of(loaded.name, loaded.threads, loaded.recorded, loaded.peakLive));
    assertArrayEquals(trace.verb, loaded.verb);
    assertArrayEquals(trace.thread, loaded.thread);
    assertArrayEquals(trace.block, loaded.block);
    assertArrayEquals(trace.with, loaded.with);
    assertArrayEquals(trace.line, loaded.line);
    assertArrayEquals(trace.size, loaded.size);
  }

  @Test
  void everyVerb() throws IOException {
    Trace trace = parse(folder, ALL_VERBS);
    assertEquals(10, trace.recorded);
    assertEquals(4, trace.left());
    assertEquals(3, trace.threads, "a thread id after thread_done is another thread");
    assertArrayEquals(new long[] {48, 300, 5000, 9000, 20, 0, 7, 70_000}, trace.size);
    assertArrayEquals(new byte[] {Trace.MALLOC, Trace.CALLOC, Trace.MEMALIGN, Trace.REALLOC, Trace.REALLOC, Trace.FREE,
      Trace.MALLOC, Trace.MALLOC, Trace.MALLOC, Trace.FREE}, Arrays.copyOf(trace.verb, trace.recorded));
    assertEquals(0, trace.with[3], "realloc ends the first life");
    assertEquals(4096, trace.with[2]);
    assertEquals(3, trace.line[0], "lines are those of the file");
    assertEquals(15, trace.line[9]);
    assertEquals(75_027, trace.peakLive);
    assertTrue(trace.crossing.get(3) && trace.crossing.get(6) && !trace.crossing.get(0));
    long live = 0;
    for (int event = 0; event < trace.events(); event++) {
      live += trace.change(event);
    }
    assertEquals(0, live, "what is left is freed");
  }

  @Test
  void windowsLinesAndGzipAndNoLastLineEndAreTheSame() throws IOException {
    for (byte[] bytes : new byte[][] {ALL_VERBS.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII),
        gzip(ALL_VERBS), ALL_VERBS.strip().getBytes(StandardCharsets.US_ASCII)}) {
      Trace trace = TraceReader.read(file(bytes).toString());
      assertEquals(10, trace.recorded);
      assertEquals(75_027, trace.peakLive);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "1: mallok 0x20 5          | verb = mallok: must be one of malloc, calloc",
    "1:                        | verb = : must be one of",
    "1 malloc 0x20 5           | thread = 1: must be a number and a colon",
    "-1: malloc 0x20 5         | thread = -1: must be a whole number",
    "x: malloc 0x20 5          | thread = x: must be a whole number",
    "1: malloc 0x20            | malloc = 1 words: must be followed by 2",
    "1: malloc 0x20 5 6        | malloc = 3 words: must be followed by 2",
    "1: calloc 0x20 5 6 7      | calloc = 3 or more words: must be followed by 3",
    "1: malloc 20 5            | address = 20: must be 0x and",
    "1: malloc 0xzz 5          | address = 0xzz: must be 0x and",
    "1: malloc 0x11112222333344445 5 | address = 0x11112222333344445: must be",
    "1: malloc 0x0 5           | address = 0x0: must be not 0",
    "1: malloc 0x20 -5         | size = -5: must be a whole number from 0 to",
    "1: malloc 0x20 5.5        | size = 5.5: must be a whole number from 0 to",
    "1: malloc 0x20 99999999999999999999 | size = 99999999999999999999: must be a whole number from 0 to",
    "1: malloc 0x20 2147483640 | size = 2147483640: must be a whole number from 0 to 2147483639",
    "1: calloc 0x20 65536 65536 | count * size = 4294967296: must be at most",
    "1: calloc 0x20 -1 4       | count = -1: must be",
    "1: memalign 0x20 3 4      | alignment = 3: must be a power of two",
    "1: memalign 0x20 0 4      | alignment = 0: must be a power of two",
    "1: malloc 0x10 5          | address = 0x10: must be one that is not in use",
    "1: calloc 0x10 5 1        | address = 0x10: must be one that is not in use",
    "1: free 0x30              | address = 0x30: must be one that was allocated before",
    "1: realloc 0x40 0x30 5    | address = 0x30: must be one that was allocated before",
    "1: free 0x15              | address = 0x15: must be in use, but was freed already",
    "1: realloc 0x40 0x15 5    | address = 0x15: must be in use, but was freed already",
    "1: realloc 0x0 0x10 5     | address = 0x0: must be not 0"})
  void badLines(String line, String message) throws IOException {
    String text = "1: malloc 0x10 1\n1: malloc 0x15 1\n1: free 0x15\n" + line + "\n1: free 0x10\n";
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> parse(folder, text));
    assertTrue(e.getMessage().startsWith("trace = "), e::getMessage);
    assertTrue(e.getMessage().contains(", line 4: " + message.strip()), e::getMessage);
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void endlessLinesAndBinariesAreOneShortMessage() throws IOException {
    byte[] zeros = new byte[100_000];
    String message = assertThrows(IllegalArgumentException.class,
        () -> TraceReader.read(file(zeros).toString())).getMessage();
    assertTrue(message.contains("line 1: line = ") && message.length() < 300 && message.indexOf('\0') < 0, message);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 2, 30})
  void cutGzip(int missing) throws IOException {
    byte[] whole = gzip(ALL_VERBS);
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
        () -> TraceReader.read(file(Arrays.copyOf(whole, whole.length - missing)).toString()));
    assertTrue(e.getMessage().contains("the gzip file is cut off or damaged"), e::getMessage);
  }

  @Test
  void damagedGzip() throws IOException {
    byte[] bytes = gzip(ALL_VERBS);
    bytes[bytes.length / 2] ^= 0x55;
    assertThrows(IllegalArgumentException.class, () -> TraceReader.read(file(bytes).toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "# nothing\n", "1: free 0x0\n"})
  void nothingToReplay(String text) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> parse(folder, text));
    assertTrue(e.getMessage().endsWith(": has no events"), e::getMessage);
  }

  @Test
  void noSuchFile() {
    assertTrue(assertThrows(IllegalArgumentException.class, () -> TraceReader.read(folder.resolve("x").toString()))
        .getMessage().contains("is no file that can be read"));
    assertTrue(assertThrows(IllegalArgumentException.class, () -> TraceReader.read(folder.toString()))
        .getMessage().contains("is a folder"));
  }

  @Test
  void tooManyThreads() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i <= 1024; i++) {
      text.append(i).append(": malloc 0x").append(Integer.toHexString(i + 1)).append(" 1\n");
    }
    String message = assertThrows(IllegalArgumentException.class, () -> parse(folder, text.toString())).getMessage();
    assertTrue(message.contains("line 1025: threads = 1025: must be at most 1024"), message);
  }

  @Test
  void theShippedOnesAreReadable() throws IOException {
    for (String name : TraceReader.SHIPPED) {
      Trace trace = TraceReader.read(name);
      assertTrue(trace.recorded > 100_000 && trace.peakLive > 1 << 20, name);
      assertFalse(trace.threads == 1 && !trace.crossing.isEmpty(), name);
    }
  }
}
