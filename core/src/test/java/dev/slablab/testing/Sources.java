package dev.slablab.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The project's own files; Maven runs tests in the module's folder. */
public final class Sources {
  private static final Path MODULE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize();

  private Sources() {}

  /** Every Java file below a folder of this module, by its path below that folder. */
  public static Map<String, String> below(String folder) {
    Path root = MODULE.resolve(folder);
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.filter(it -> it.toString().endsWith(".java")).toList()) {
        files.put(root.relativize(path).toString().replace('\\', '/'), Files.readString(path));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  /** The README at the project's root; empty when there is none. */
  public static String readme() {
    return read(MODULE.resolveSibling("README.md"));
  }

  /** This module's own; empty when there is none. */
  public static String moduleReadme() {
    return read(MODULE.resolve("README.md"));
  }

  private static String read(Path path) {
    try {
      return Files.exists(path) ? Files.readString(path) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
