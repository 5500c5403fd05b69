package dev.slablab.bench.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdkFinderTest {
    @TempDir
    private Path temp;

    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, String> properties = new HashMap<>();
    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectory(temp.resolve("jvm"));
    }

    @Test
    void findsNothingAndTellsWhereItLooked() {
        properties.put("java.home", temp.resolve("old").toString());
        environment.put("JAVA_HOME", temp.resolve("gone").toString());
        JdkFinder finder = finder();
        assertTrue(finder.find().isEmpty());
        assertEquals(
                List.of(
                        "the running Java (" + temp.resolve("old") + ")",
                        "JAVA_HOME (" + temp.resolve("gone") + ")",
                        folder.toString()),
                finder.searched());
    }

    @Test
    void theWantedVersionWinsOverNewerOnesWhereverItLies() throws IOException {
        properties.put("java.home", jdk("running", "26").toString());
        environment.put("JAVA_HOME", jdk("home", "27.0.1").toString());
        Path wanted = jdk("jvm/temurin", "25.0.3");
        assertEquals(wanted, found().home());
    }

    @Test
    void withoutTheWantedVersionTheLowestNewerOneIsTaken() throws IOException {
        properties.put("java.home", jdk("running", "17.0.15").toString());
        jdk("jvm/a", "28");
        Path lowest = jdk("jvm/b", "26-ea");
        jdk("jvm/c", "1.8.0_402");
        assertEquals(new Jdk(lowest, 26), found());
    }

    @Test
    void amongEqualsTheRunningJavaThenTheEnvironmentComeFirst() throws IOException {
        jdk("jvm/a", "25");
        Path server = jdk("server", "25.0.1");
        environment.put("JAVA_HOME_25_X64", server.toString());
        assertEquals(server, found().home());
        Path home = jdk("home", "25.0.2");
        environment.put("JDK_HOME", home.toString());
        assertEquals(home, found().home());
        Path running = jdk("running", "25");
        properties.put("java.home", running.toString());
        assertEquals(running, found().home());
    }

    @Test
    void theNamedJavaIsTakenEvenIfAnotherOneFitsBetter() throws IOException {
        jdk("jvm/a", "25");
        Path variable = jdk("variable", "26");
        environment.put(JdkFinder.VARIABLE, variable.toString());
        assertEquals(variable, found().home());
        Path property = jdk("property", "27");
        properties.put(JdkFinder.PROPERTY, property.resolve("bin").resolve("java").toString());
        assertEquals(property.toRealPath(), found().home().toRealPath());
    }

    @Test
    void aNamedJavaThatCannotBeUsedIsRefusedNotReplaced() throws IOException {
        jdk("jvm/a", "25");
        environment.put(JdkFinder.VARIABLE, jdk("old", "21").toString());
        String old = assertThrows(IllegalArgumentException.class, () -> finder().find()).getMessage();
        assertTrue(old.contains("is Java 21; legal: >= 25"), old);
        environment.put(JdkFinder.VARIABLE, temp.resolve("gone").toString());
        String gone = assertThrows(IllegalArgumentException.class, () -> finder().find()).getMessage();
        assertTrue(gone.startsWith(JdkFinder.VARIABLE + " = "), gone);
    }

    @Test
    void aBundleIsLookedInto() throws IOException {
        Path home = jdk("jvm/temurin-25.jdk/Contents/Home", "25.0.3");
        assertEquals(home, found().home());
    }

    @Test
    void withoutReleaseFileTheProgramIsAsked() {
        Path running = Path.of(System.getProperty("java.home"));
        assertEquals(Optional.of(Runtime.version().feature()), Jdk.at(running).map(Jdk::feature));
        Path copy = temp.resolve("jvm").resolve("bare");
        // Not a copy of the JDK: a program that prints what one prints.
        assertEquals(Optional.of(25), printing(copy, "openjdk version \"25.0.3\" 2026-04-21 LTS"));
    }

    @Test
    void aProgramThatTellsNoVersionIsNoJava() {
        assertEquals(Optional.empty(), printing(folder.resolve("odd"), "no version here"));
    }

    private static Optional<Integer> printing(Path home, String line) {
        try {
            Path java = program(home);
            Files.writeString(java, "#!/bin/sh\necho '" + line + "' >&2\n");
            assertTrue(java.toFile().setExecutable(true));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return Jdk.at(home).map(Jdk::feature);
    }

    private Jdk found() {
        return finder().find().orElseThrow();
    }

    private JdkFinder finder() {
        return new JdkFinder(environment, properties::get, List.of(folder));
    }

    private Path jdk(String place, String version) throws IOException {
        Path home = temp.resolve(place);
        program(home);
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static Path program(Path home) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        return Files.writeString(home.resolve("bin").resolve("java"), "");
    }
}
