package dev.slablab.bench.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a JDK the lab can run on.
 *
 * <p>A Java the user names is taken or refused, never replaced by another. Otherwise every known place is looked at:
 * version {@value #WANTED} wins wherever it lies, because it is what the lab is tested on; failing that the lowest
 * newer one. Among equals the first in the order of the search wins: the running JVM, the environment, the folders.
 */
final class JdkFinder {
    /** The version the lab is built for; older ones cannot load its classes. */
    static final int WANTED = 25;

    /** The system property that names a Java. */
    static final String PROPERTY = "slablab.launcher.java";

    /** The environment variable that names a Java. */
    static final String VARIABLE = "SLABLAB_JAVA";

    /** The names that build servers and version managers use: {@code JAVA_HOME_25_X64}, {@code JAVA25_HOME}, … */
    private static final Pattern HOME_VARIABLE =
            Pattern.compile("JAVA_HOME_\\d+.*|(JAVA|JDK)_?\\d+_HOME|(JAVA|JDK)_?HOME_?\\d+");

    private final Map<String, String> environment;
    private final Function<String, @Nullable String> property;
    private final Collection<Path> folders;
    private final Set<String> searched = new LinkedHashSet<>();

    /** Prepares a search, at last in folders in which installers put their JDKs, one below the other. */
    JdkFinder(Map<String, String> environment, Function<String, @Nullable String> property,
            Collection<Path> folders) {
        this.environment = environment;
        this.property = property;
        this.folders = folders;
    }

    /** {@return the best JDK, empty if none is new enough}; throws if the Java the user named cannot be used. */
    Optional<Jdk> find() {
        Optional<Jdk> named = named(PROPERTY, property.apply(PROPERTY));
        if (named.isEmpty()) {
            named = named(VARIABLE, environment.get(VARIABLE));
        }
        return named.isPresent() ? named : best();
    }

    /** The places looked at, for the message that nothing was found there. */
    List<String> searched() {
        return List.copyOf(searched);
    }

    private Optional<Jdk> named(String name, @Nullable String value) {
        if (value == null || value.isBlank()) {
            return Optional.empty();
        }
        Jdk jdk = path(value).flatMap(Jdk::at).orElseThrow(() -> new IllegalArgumentException(
                name + " = " + value + ": there is no Java; legal: the home of a JDK >= " + WANTED));
        if (jdk.feature() < WANTED) {
            throw new IllegalArgumentException(
                    name + " = " + value + ": is Java " + jdk.feature() + "; legal: >= " + WANTED);
        }
        return Optional.of(jdk);
    }

    private Optional<Jdk> best() {
        List<Jdk> found = new ArrayList<>();
        homes().forEach(home -> {
            searched.add(home.getKey());
            path(home.getValue()).flatMap(Jdk::at).ifPresent(found::add);
        });
        for (Path folder : folders) {
            searched.add(folder.toString());
            children(folder).forEach(child -> Jdk.at(child).ifPresent(found::add));
        }
        // WANTED is the lowest that is new enough, and min keeps the first among equals.
        return found.stream().filter(jdk -> jdk.feature() >= WANTED).min((a, b) -> a.feature() - b.feature());
    }

    /** The running JVM, then what the environment names: each with the words that describe it. */
    private Stream<Map.Entry<String, String>> homes() {
        List<Map.Entry<String, String>> homes = new ArrayList<>();
        String running = property.apply("java.home");
        if (running != null) {
            homes.add(Map.entry("the running Java (" + running + ")", running));
        }
        Stream.concat(Stream.of("JAVA_HOME", "JDK_HOME"),
                environment.keySet().stream().filter(HOME_VARIABLE.asMatchPredicate()).sorted()).forEach(name -> {
                    String value = environment.get(name);
                    if (value != null && !value.isBlank()) {
                        homes.add(Map.entry(name + " (" + value + ")", value));
                    }
                });
        return homes.stream();
    }

    /** In a fixed order, so that two runs on one machine choose the same JDK. */
    private static List<Path> children(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.sorted().toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            return List.of();
        }
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
