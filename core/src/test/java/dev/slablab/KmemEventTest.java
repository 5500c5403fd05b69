package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slablab.spec.*;
import dev.slablab.testing.ManualScheduler;
import dev.slablab.testing.OpenKmems;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Configuration;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The rare things as flight recorder events: there when asked for, nowhere near a fast path. */
class KmemEventTest {
  private static final String PREFIX = "dev.slablab.";

  @RegisterExtension final OpenKmems kmems = new OpenKmems();
  @TempDir private Path folder;

  private static Configuration shipped() throws IOException, ParseException {
    try (Reader reader = new InputStreamReader(
        KmemEvent.class.getResourceAsStream("/dev/slablab/slablab.jfc"), StandardCharsets.UTF_8)) {
      return Configuration.create(reader);
    }
  }

  private List<RecordedEvent> record(Recording recording, Runnable body) throws IOException {
    Path file = folder.resolve("events.jfr");
    try (recording) {
      recording.start();
      body.run();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith(PREFIX)).toList();
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream().filter(event -> event.getEventType().getName().equals(PREFIX + name)).toList();
  }

  private static CacheSpec spec(String name, CacheFlag flag) {
    return CacheSpec.of(name, 1000).flags(flag);
  }

  /** Slabs of both kinds come and go, and the thread's lease is revoked by the reap. */
  private void slabs() {
    Kmem kmem = kmems.openTimed(Kmem.builder());
    for (CacheFlag flag : List.of(CacheFlag.KVMEM, CacheFlag.SLAB)) {
      KmemCache cache = kmem.createCache(spec("slabs-" + flag, flag));
      cache.free(cache.alloc());
      assertTrue(cache.reap() > 0);
    }
  }

  @Test
  void slabsReapAndRevocation() throws IOException, ParseException {
    List<RecordedEvent> events = record(new Recording(shipped()), this::slabs);
    for (String cache : List.of("slabs-KVMEM", "slabs-SLAB")) {
      for (String name : List.of("SlabCreate", "SlabDestroy", "Reap")) {
        List<RecordedEvent> its =
            named(events, name).stream().filter(event -> event.getString("cache").equals(cache)).toList();
        assertEquals(1, its.size(), name + " of " + cache + ": " + events);
        assertTrue(its.getFirst().getLong("bytes") >= 4096, its.toString());
        assertFalse(its.getFirst().getStackTrace().getFrames().isEmpty());
      }
    }
    try (Kmem kmem = Kmem.create()) {
      assumeTrue(kmem.placement() == MagazinePlacement.BIASED, "no leases here");
    }
    assertTrue(named(events, "Revoke").stream().anyMatch(event -> event.getInt("leases") == 1), events.toString());
  }

  @Test
  void waitsForGrowth() throws IOException, ParseException {
    List<RecordedEvent> events = record(new Recording(shipped()), () -> {
      Kmem kmem = kmems.openTimed(Kmem.builder().tunable(Tunable.GROW_IN_CALLER, 0));
      KmemCache cache = kmem.createCache(spec("waiting", CacheFlag.KVMEM));
      cache.free(cache.alloc());
    });
    RecordedEvent wait = named(events, "GrowWait").getFirst();
    assertEquals("waiting", wait.getString("cache"));
    assertTrue(wait.getDuration().isPositive(), wait.toString());
    assertEquals(1, named(events, "SlabCreate").size());
  }

  @Test
  void emergencyObjects() throws IOException, ParseException {
    ManualScheduler never = new ManualScheduler();
    List<RecordedEvent> events = record(new Recording(shipped()), () -> {
      KmemCache cache = kmems.open(Kmem.builder().scheduler(never)).createCache(spec("urgent", CacheFlag.KVMEM));
      cache.free(cache.alloc(AllocMode.NOSLEEP));
      int _ = never.runAll();
    });
    assertEquals(List.of("urgent 4096"), named(events, "Emergency").stream()
        .map(event -> event.getString("cache") + " " + event.getLong("bytes")).toList());
  }

  @Test
  void leaks() throws IOException, ParseException {
    List<RecordedEvent> events = record(new Recording(shipped()), () -> {
      KmemCache cache = kmems.openTimed(Kmem.builder()).createCache(spec("leaky", CacheFlag.KVMEM));
      long object = cache.alloc();
      assertThrows(KmemException.Leak.class, cache::close);
      cache.free(object);
    });
    assertEquals(1, named(events, "Leak").size());
    assertTrue(named(events, "Leak").getFirst().getString("what").contains("leaky"), events.toString());
  }

  /** A recording that does not name them has none, and neither has one with the JDK's own settings. */
  @Test
  void offUnlessAskedFor() throws IOException, ParseException {
    assertEquals(List.of(), record(new Recording(), this::slabs));
    assertEquals(List.of(), record(new Recording(Configuration.getConfiguration("profile")), this::slabs));
  }

  @Test
  void theSettingsNameEveryEvent() throws IOException, ParseException {
    Set<String> events = Arrays.stream(KmemEvent.class.getDeclaredClasses())
        .filter(type -> !Modifier.isAbstract(type.getModifiers()))
        .map(type -> type.getAnnotation(Name.class).value() + "#enabled")
        .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(7, events.size());
    assertEquals(events, new TreeSet<>(shipped().getSettings().keySet()));
  }

  /**
   * What costs nothing when off: the classes that alloc and free run through – cache, lease, stack, magazine, general
   * heap – do not mention an event in their byte code. These do, all behind a lock or on the way to the page source.
   */
  @Test
  void noFastPathMentionsAnEvent() throws IOException {
    Path classes = Path.of(System.getProperty("basedir", "."), "target", "classes");
    Set<String> users = new TreeSet<>();
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(it -> it.toString().endsWith(".class")).toList()) {
        String name = classes.relativize(file).toString().replace('\\', '/').replace(".class", "");
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains("dev/slablab/spec/KmemEvent")
            && !name.startsWith("dev/slablab/spec/KmemEvent")) {
          users.add(name.replace("dev/slablab/", ""));
        }
      }
    }
    assertEquals(new TreeSet<>(List.of("Caches", "percpu/SlotTable", "spl/SlabPages", "spl/Growth", "spl/Emergencies",
        "spl/SplCache", "linux/SlabPages", "linux/LinuxCache")), users);
  }
}
