package dev.slablab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What would break silently in the build. */
class BuildTest {
    private static final Path SOURCES = Path.of("src", "main", "java");
    private static final Path ROOT = Path.of("..");
    private static final int COLUMNS = 120;
    private static final int LINES = 8_674;

    /** An annotation processor that does not run leaves a jar without benchmarks, and no error. */
    @Test
    void everyBenchmarkClassIsInJmhsList() throws IOException {
        String list;
        try (InputStream in = BuildTest.class.getResourceAsStream("/META-INF/BenchmarkList")) {
            list = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (String name : benchmarkClasses()) {
            assertTrue(list.contains(name), () -> name + " is not in META-INF/BenchmarkList");
        }
    }

    /** What a reader of the README runs is what the machine runs. */
    @Test
    void theReadmeNamesTheTestCommandOfCi() throws IOException {
        Path readme = ROOT.resolve("README.md");
        assumeTrue(Files.exists(readme), "no README yet");
        List<String> commands = Files.readAllLines(ROOT.resolve(".ci").resolve("run")).stream()
                .filter(line -> line.startsWith("mvn "))
                .toList();
        assertEquals(1, commands.size());
        assertTrue(Files.readAllLines(readme).stream().anyMatch(line -> line.strip().equals(commands.getFirst())));
    }

    /** The lab must not outgrow what it measures; blank lines do not count. */
    @Test
    void theLabKeepsItsSize() throws IOException {
        long lines = 0;
        for (Path file : files(SOURCES, Path.of("src", "launcher", "java"))) {
            lines += Files.readAllLines(file).stream().filter(line -> !line.isBlank()).count();
        }
        assertTrue(lines > 1000 && lines <= LINES, "lines of code and comments = " + lines + ": at most " + LINES);
    }

    @Test
    void noLineIsTooLong() throws IOException {
        List<String> wide = new ArrayList<>();
        List<Path> files = files(SOURCES, Path.of("src", "launcher", "java"), Path.of("src", "test", "java"));
        for (Path file : files) {
            for (String line : Files.readAllLines(file)) {
                if (line.length() > COLUMNS) {
                    wide.add(file + ": " + line);
                }
            }
        }
        assertTrue(files.size() > 100, "files = " + files.size());
        assertEquals(List.of(), wide, "lines of more than " + COLUMNS + " columns");
    }

    private static List<Path> files(Path... roots) throws IOException {
        List<Path> all = new ArrayList<>();
        for (Path root : roots) {
            try (Stream<Path> files = Files.walk(root)) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(all::add);
            }
        }
        return all;
    }

    private static List<String> benchmarkClasses() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(BuildTest::isBenchmark)
                    .map(file -> SOURCES.relativize(file).toString())
                    .map(name -> name.substring(0, name.length() - ".java".length())
                            .replace('\\', '/')
                            .replace('/', '.'))
                    .toList();
        }
    }

    private static boolean isBenchmark(Path file) {
        try {
            return file.toString().endsWith(".java")
                    && Files.readAllLines(file).stream().anyMatch(line -> line.strip().equals("@Benchmark"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
