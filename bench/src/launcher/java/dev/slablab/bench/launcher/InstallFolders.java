package dev.slablab.bench.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The folders in which the usual installers and version managers put JDKs, one folder for each JDK. */
final class InstallFolders {
    private InstallFolders() {}

    /** {@return the folders of a system, most specific first; they need not exist} */
    static List<Path> of(String system, Path userHome, Map<String, String> environment) {
        List<Path> folders = new ArrayList<>();
        String name = system.toLowerCase(Locale.ROOT);
        if (name.contains("mac")) {
            folders.add(userHome.resolve("Library").resolve("Java").resolve("JavaVirtualMachines"));
            folders.add(Path.of("/", "Library", "Java", "JavaVirtualMachines"));
            folders.addAll(List.of(Path.of("/", "opt", "homebrew", "opt"), Path.of("/", "usr", "local", "opt")));
        } else if (name.contains("windows")) {
            windows(folders, environment);
        } else {
            folders.addAll(List.of(Path.of("/", "usr", "lib", "jvm"), Path.of("/", "usr", "lib64", "jvm"),
                    Path.of("/", "usr", "java"), Path.of("/", "usr", "local"), Path.of("/", "opt"),
                    Path.of("/", "opt", "java")));
        }
        List.of(".sdkman/candidates/java", ".jdks", ".gradle/jdks", ".asdf/installs/java",
                ".local/share/mise/installs/java").forEach(folder -> folders.add(userHome.resolve(folder)));
        return folders;
    }

    private static void windows(List<Path> folders, Map<String, String> environment) {
        for (String variable : List.of("ProgramFiles", "LOCALAPPDATA")) {
            String value = environment.get(variable);
            if (value != null) {
                Path programs = variable.equals("LOCALAPPDATA") ? Path.of(value, "Programs") : Path.of(value);
                List.of("Eclipse Adoptium", "Java", "Microsoft", "Amazon Corretto", "Zulu", "BellSoft")
                        .forEach(vendor -> folders.add(programs.resolve(vendor)));
            }
        }
    }
}
