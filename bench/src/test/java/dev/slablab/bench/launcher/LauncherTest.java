package dev.slablab.bench.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LauncherTest {
    private static final Jdk JDK = new Jdk(Path.of("jdk"), 25);

    @Test
    void theFirstJvmsArgumentsAndTheNeededFlagsArePassedOn() {
        assertEquals(
                List.of(
                        JDK.java().toString(),
                        "-Xmx1g",
                        "-Da=b c",
                        "--sun-misc-unsafe-memory-access=allow",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        "x.jar",
                        "dev.slablab.bench.Main",
                        "-l",
                        "-p"),
                Launcher.command(JDK, List.of("-Xmx1g", "-Da=b c"), "x.jar", new String[] {"-l", "-p"}));
    }

    @Test
    void aFlagThatIsThereIsNotRepeated() {
        List<String> command = Launcher.command(
                JDK, List.of("--enable-native-access=ALL-UNNAMED"), "x.jar", new String[0]);
        assertEquals(
                1,
                command.stream().filter("--enable-native-access=ALL-UNNAMED"::equals).count());
    }
}
