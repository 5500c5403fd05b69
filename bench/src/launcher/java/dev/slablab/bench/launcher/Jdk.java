package dev.slablab.bench.launcher;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An installed Java.
 *
 * @param home the folder that holds {@code bin/java}
 * @param feature the feature version: 25 for 25.0.3
 */
record Jdk(Path home, int feature) {

    /** {@code 17.0.15} and {@code 25-ea} by their first number, {@code 1.8.0_402} by its second. */
    private static final String VERSION = "\"(?:1\\.)?(\\d+)[^\"]*\"";

    private static final Pattern RELEASE_FILE = Pattern.compile("^JAVA_VERSION=" + VERSION);
    private static final Pattern PRINTED = Pattern.compile(" version " + VERSION);

    /** Where the home may be below the folder that an installer made: macOS bundles and Homebrew nest it. */
    private static final List<Path> NESTED = List.of(
            Path.of("Contents", "Home"), Path.of("libexec", "openjdk.jdk", "Contents", "Home"));

    /** A JVM prints its version at once; one that does not is broken, and must not hang the search. */
    private static final long PRINT_SECONDS = 10;

    /** {@return the Java in a home, in a folder an installer made around it, or that a program is} */
    static Optional<Jdk> at(Path place) {
        Path base = place;
        if (Files.isRegularFile(place)) {
            // A link such as the distributions' /usr/bin/java: the home is above what it points to.
            Path bin = real(place).getParent();
            base = bin == null || bin.getParent() == null ? place : bin.getParent();
        }
        Path top = base;
        return Stream.concat(Stream.of(top), NESTED.stream().map(top::resolve))
                .filter(home -> Files.isRegularFile(program(home))).findFirst()
                .flatMap(home -> version(home).map(feature -> new Jdk(home, feature)));
    }

    /** The program to start. */
    Path java() {
        return program(home);
    }

    private static Path program(Path home) {
        Path windows = home.resolve("bin").resolve("java.exe");
        return Files.exists(windows) ? windows : home.resolve("bin").resolve("java");
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath();
        }
    }

    /** The release file costs no process; a few builds come without it. */
    private static Optional<Integer> version(Path home) {
        Path release = home.resolve("release");
        if (Files.isRegularFile(release)) {
            try (Stream<String> lines = Files.lines(release)) {
                Optional<Integer> feature = first(lines, RELEASE_FILE);
                if (feature.isPresent()) {
                    return feature;
                }
            } catch (IOException | java.io.UncheckedIOException e) {
                // Unreadable is as good as missing: ask the program.
            }
        }
        return printedVersion(program(home));
    }

    private static Optional<Integer> printedVersion(Path java) {
        try {
            Path output = Files.createTempFile("slablab-java-version", ".txt");
            try {
                Process process = new ProcessBuilder(java.toString(), "-version").redirectErrorStream(true)
                        .redirectOutput(output.toFile()).start();
                if (!process.waitFor(PRINT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    return Optional.empty();
                }
                try (BufferedReader reader = new BufferedReader(
                        new InputStreamReader(Files.newInputStream(output), Charset.defaultCharset()))) {
                    return first(reader.lines(), PRINTED);
                }
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static Optional<Integer> first(Stream<String> lines, Pattern pattern) {
        return lines.map(pattern::matcher).filter(Matcher::find).map(match -> Integer.valueOf(match.group(1)))
                .findFirst();
    }
}
