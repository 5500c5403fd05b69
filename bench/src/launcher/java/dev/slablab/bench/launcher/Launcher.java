package dev.slablab.bench.launcher;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The jar's main class: runs the lab in a second JVM.
 *
 * <p>Always in a second one, even where the first would do: the flags the lab needs cannot be given to a running JVM,
 * and one way for every Java is easier to trust than two. The second JVM has the same terminal, the same JVM arguments
 * and the same exit status.
 */
public final class Launcher {
    /** By name: a reference would make this class need a newer Java. */
    private static final String MAIN = "dev.slablab.bench.Main";

    /** Netty, JMH and JOL use sun.misc.Unsafe, core calls the C library: both are allowed by flag only. */
    private static final List<String> FLAGS =
            List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");

    private static final int USAGE = 2;
    private static final int INTERRUPTED = 130;

    /** How long an ended lab may write its results before it is killed. */
    private static final long GRACE_SECONDS = 30;

    private Launcher() {}

    /** Runs the lab and exits with its status; 2 if there is no Java to run it on. */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    private static int run(String[] args) {
        Map<String, String> environment = System.getenv();
        Path userHome = Path.of(System.getProperty("user.home", ""));
        JdkFinder finder = new JdkFinder(environment, System::getProperty,
                InstallFolders.of(System.getProperty("os.name", ""), userHome, environment));
        try {
            Optional<Jdk> jdk = finder.find();
            if (jdk.isPresent()) {
                return start(command(jdk.get(), ManagementFactory.getRuntimeMXBean().getInputArguments(),
                        System.getProperty("java.class.path", ""), args));
            }
            System.err.println(nothingFound(finder.searched()));
        } catch (IllegalArgumentException | IOException e) {
            System.err.println("slablab: " + e.getMessage());
        }
        return USAGE;
    }

    /** {@return the command of the second JVM}; the first one's own arguments are meant for the lab. */
    static List<String> command(Jdk jdk, List<String> jvmArguments, String classPath, String[] args) {
        List<String> command = new ArrayList<>();
        command.add(jdk.java().toString());
        command.addAll(jvmArguments);
        for (String flag : FLAGS) {
            if (!command.contains(flag)) {
                command.add(flag);
            }
        }
        command.addAll(List.of("-cp", classPath, MAIN));
        command.addAll(List.of(args));
        return command;
    }

    private static String nothingFound(List<String> searched) {
        return "slablab: needs Java " + JdkFinder.WANTED + " or newer, and found none.\n"
                + "Install a JDK " + JdkFinder.WANTED + " of any vendor (for example Temurin: https://adoptium.net),\n"
                + "or name the home of one: " + JdkFinder.VARIABLE + "=/path/to/jdk in the environment,\n"
                + "or -D" + JdkFinder.PROPERTY + "=/path/to/jdk before -jar.\n"
                + "Looked at:\n  " + String.join("\n  ", searched);
    }

    private static int start(List<String> command) throws IOException {
        Process lab = new ProcessBuilder(command).inheritIO().start();
        // Whatever ends this JVM must end the lab, and not before the lab has ended: it may still be writing results.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(lab), "end-lab"));
        try {
            return lab.waitFor();
        } catch (InterruptedException e) {
            return INTERRUPTED;
        }
    }

    private static void end(Process lab) {
        // JMH's forks would outlive a lab that was not ended from the terminal.
        List<ProcessHandle> forks = lab.descendants().toList();
        lab.destroy();
        try {
            if (!lab.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                lab.destroyForcibly();
            }
        } catch (InterruptedException e) {
            lab.destroyForcibly();
        }
        forks.forEach(ProcessHandle::destroy);
    }
}
