package dev.slablab.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.slablab.bench.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Four real JVMs, and one that is refused. */
class LayoutCommandTest {
  @Test
  void everyModeIsItsOwnJvm() {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    assertEquals(0, Main.run(new PrintWriter(out, true), new PrintWriter(err, true), "layout", "--json"));
    assertEquals("[1/4] a JVM with compact headers", err.toString().lines().findFirst().orElse(""));
    assertEquals(4, err.toString().lines().count(), err::toString);
    JsonObject modes = JsonParser.parseString(out.toString()).getAsJsonObject();
    assertEquals(4, modes.size());
    assertEquals(8, bytes(modes, "compact headers", "object header"));
    assertEquals(12, bytes(modes, "ordinary headers", "object header"));
    assertEquals(8, bytes(modes, "full references", "reference"));
    assertEquals(4, bytes(modes, "ordinary headers", "reference"));
    for (String mode : modes.keySet()) {
      assertTrue(bytes(modes, mode, "percpu.Lease") >= 256, "pads at both ends");
      for (String type : List.of("KVMEM", "SLAB")) {
        double cache = bytes(modes, mode, "heap of a cache, " + type);
        assertTrue(cache > 1000 && cache < 200_000, mode + " " + type + ": " + cache);
        double object = bytes(modes, mode, "heap of a live object of 64 B, " + type);
        assertTrue(object > 0.1 && object < 100, mode + " " + type + ": " + object);
      }
      String lease = modes.getAsJsonObject(mode).getAsJsonObject("fields").get("percpu.Lease").toString();
      assertTrue(lease.contains("Stack.word") && lease.contains("Lease.q15"), lease);
    }
  }

  @Test
  void zgcIsRefused() throws IOException, InterruptedException {
    Process fork = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseZGC", "-Xmx256m", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), Main.class.getName(),
        "layout").redirectErrorStream(true).start();
    String said = new String(fork.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(2, fork.waitFor(), said);
    assertEquals(1, said.lines().count(), said);
    assertTrue(said.startsWith("slablab: collector = ZGC: JOL misreads"), said);
  }

  private static double bytes(JsonObject modes, String mode, String what) {
    return modes.getAsJsonObject(mode).getAsJsonObject("bytes").get(what).getAsDouble();
  }
}
