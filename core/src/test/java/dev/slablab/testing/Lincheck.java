package dev.slablab.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.Options;

/** Lincheck, in a JVM of its own: it attaches an agent. What it does is the same every time. */
public final class Lincheck {
  private static final int MORE_SCENARIOS = ForkedJvm.LONG ? 10 : 1;
  private static final int MORE_RUNS = ForkedJvm.LONG ? 4 : 1;
  private static final long LIMIT_SECONDS = ForkedJvm.LONG ? 3000 : 300;
  /**
   * Model checking sees for itself that nobody goes on. This is for the rest, such as the first run of all: it waits
   * for classes to be instrumented, on a busy machine for longer than the default of 30 s.
   */
  private static final long HUNG_MILLIS = 200_000;
  private static final AtomicLong RUNS = new AtomicLong();

  private Lincheck() {}

  /** Where objects are that nobody else has: each enters and leaves once. */
  public static final class Bag {
    private final Deque<Long> objects = new ArrayDeque<>();

    /** An empty one, for a run that begins. */
    public Bag() {
      begin();
    }

    /** Whether the object was not in it already. */
    public synchronized boolean add(long object) {
      boolean free = !objects.contains(object);
      objects.add(object);
      return free;
    }

    /** The one that came last, or 0. */
    public synchronized long take() {
      return objects.isEmpty() ? 0 : objects.removeLast();
    }

    public synchronized int size() {
      return objects.size();
    }

    @Override
    public synchronized String toString() {
      return objects.toString();
    }
  }

  /** Counts a run; called by what is checked, when it is made. */
  public static void begin() {
    RUNS.incrementAndGet();
  }

  /**
   * The program: {@code model|stress scenarios runs class...}, classes nested in one; random scenarios, beside those of
   * the options.
   */
  public static void program(Class<?> outer, String[] args, Function<Class<?>, Options<?, ?>> model,
      Function<Class<?>, Options<?, ?>> stress) throws ClassNotFoundException {
    for (String name : List.of(args).subList(3, args.length)) {
      Class<?> test = Class.forName(outer.getName() + "$" + name);
      RUNS.set(0);
      String result = ": nothing found, ";
      try {
        (args[0].equals("model") ? model : stress).apply(test).iterations(Integer.parseInt(args[1]))
            .invocationsPerIteration(Integer.parseInt(args[2])).invocationTimeout$lincheck(HUNG_MILLIS).check(test);
      } catch (LincheckAssertionError e) {
        System.out.println(e.getMessage());
        result = ": error found, ";
      }
      System.out.println(name + result + RUNS + " runs");
    }
    System.exit(0); // whatever threads Lincheck still has
  }

  /** Runs the program: nothing must be found in the sound classes, an error in each broken one. */
  public static void check(Class<?> program, String strategy, int scenarios, int runs, List<String> sound,
      List<String> broken) {
    List<String> args = new ArrayList<>(List.of(strategy, "" + MORE_SCENARIOS * scenarios, "" + MORE_RUNS * runs));
    args.addAll(sound);
    args.addAll(broken);
    List<String> jvm = new ArrayList<>(List.of("-XX:+EnableDynamicAgentLoading", "-Djdk.attach.allowAttachSelf=true",
        "-Dslablab.test.patience=0"));
    if (strategy.equals("model") && !ForkedJvm.LONG) {
      jvm.add("-XX:TieredStopAtLevel=1"); // most of the time goes into code that runs once
    }
    ForkedJvm.Result result = ForkedJvm.run(jvm, program.getName(), args, LIMIT_SECONDS);
    assertEquals(0, result.exit(), result::output);
    result.output().lines().filter(line -> line.endsWith(" runs")).forEach(line -> System.out.println("Lincheck "
        + strategy + ", " + args.get(1) + " random scenarios, up to " + args.get(2) + " runs each, " + line));
    for (String name : sound) {
      assertTrue(result.output().contains(name + ": nothing found, "), result::output);
    }
    for (String name : broken) {
      assertTrue(result.output().contains(name + ": error found, "), () -> "the control must fail; " + result.output());
    }
  }
}
