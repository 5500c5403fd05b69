package dev.slablab.spl;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import dev.slablab.spec.AllocMode;
import dev.slablab.testing.Lincheck;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/** The SPL cache under Lincheck, on the Java heap alone: {@link HeapRig}. A program: {@link Lincheck#program}. */
public final class SplLincheck {
  private static final int OBJECTS = 2;

  private SplLincheck() {}

  /** The specification: a stack of free objects, and what each thread holds. */
  public static final class FreeObjects {
    private final Deque<Integer> free = new ArrayDeque<>(List.of(1, 2));
    private final Map<Integer, Deque<Integer>> held = new HashMap<>();

    public int alloc(int thread) {
      Integer object = free.poll();
      if (object == null) {
        return 0;
      }
      held.computeIfAbsent(thread, _ -> new ArrayDeque<>()).push(object);
      return object;
    }

    public int free(int thread) {
      Integer object = held.computeIfAbsent(thread, _ -> new ArrayDeque<>()).poll();
      if (object == null) {
        return 0;
      }
      free.push(object);
      return object;
    }
  }

  /** One slab at most, built by whoever comes first: allocations and frees are atomic, exact to the object. */
  public static class OneSlab {
    private final HeapRig rig = HeapRig.alone(OBJECTS, 1, true, 0);
    private final Map<Integer, Deque<Long>> held = Map.of(0, new ArrayDeque<>(), 1, new ArrayDeque<>(), 2,
        new ArrayDeque<>(), 3, new ArrayDeque<>(), 4, new ArrayDeque<>());

    public OneSlab() {
      Lincheck.begin();
    }

    long take(HeapRig from) {
      return from.alloc(AllocMode.NORETRY);
    }

    @Operation
    public int alloc(@Param(gen = ThreadIdGen.class) int thread) {
      long object = take(rig);
      if (object != 0) {
        held.get(thread).push(object);
      }
      return rig.name(object);
    }

    @Operation
    public int free(@Param(gen = ThreadIdGen.class) int thread) {
      Long object = held.get(thread).poll();
      if (object == null) {
        return 0;
      }
      int name = rig.name(object);
      rig.free(object);
      return name;
    }

    @Validate
    public void accounted() {
      SplLincheck.accounted(rig.cache, held.values().stream().mapToLong(Deque::size).sum());
    }
  }

  /** The broken twin: a slab moves to its list outside the lock. */
  public static final class MoveOutsideLock extends OneSlab {
    @Override
    long take(HeapRig from) {
      long object = SplTwins.takeAndMoveLater(from.cache);
      return object != 0 ? object : super.take(from);
    }
  }

  /** Another: an object is taken from its slab without the lock. */
  public static final class TakeOutsideLock extends OneSlab {
    @Override
    long take(HeapRig from) {
      long[] object = new long[1];
      int n = from.cache.lists.take(object, 1);
      long _ = from.cache.locked(() -> from.cache.directAllocs += n);
      return n != 0 ? object[0] : super.take(from);
    }
  }

  /** Another: who builds a slab wakes those who wait for it, and publishes it then. They sleep forever. */
  public static final class SignalFirst extends OneSlab {
    @Override
    long take(HeapRig from) {
      SplTwins.growAndSignalFirst(from.cache);
      return super.take(from);
    }
  }

  /** The specification where the object is not determined: whatever is handed out was free. */
  public static final class AlwaysFree {
    public boolean alloc() {
      return true;
    }

    public boolean free() {
      return true;
    }

    public boolean reap() {
      return true;
    }

    public boolean grow() {
      return true;
    }
  }

  /** Any object for any thread. */
  public abstract static class Anything {
    final HeapRig rig;
    private final AllocMode mode;
    private final Lincheck.Bag bag = new Lincheck.Bag();

    Anything(HeapRig rig, AllocMode mode) {
      this.rig = rig;
      this.mode = mode;
    }

    void give(long object) {
      rig.free(object);
    }

    long takeEmpty() {
      return rig.cache.reap();
    }

    @Operation
    public boolean alloc() {
      long object = rig.alloc(mode);
      return object == 0 || bag.add(object);
    }

    @Operation
    public boolean free() {
      long object = bag.take();
      if (object != 0) {
        give(object);
      }
      return true;
    }

    @Operation
    public boolean reap() {
      return takeEmpty() >= 0;
    }

    @Validate
    public void accounted() {
      SplLincheck.accounted(rig.cache, bag.size());
    }
  }

  /** Slabs come and go, over a magazine of two objects. */
  public static final class Reaped extends Anything {
    public Reaped() {
      super(HeapRig.alone(2, 3, true, 2), AllocMode.NORETRY);
    }
  }

  /** The broken twin: empty slabs leave their list without the lock. */
  public static final class ReapOutsideLock extends Anything {
    public ReapOutsideLock() {
      super(HeapRig.alone(2, 3, true, 0), AllocMode.NORETRY);
    }

    @Override
    long takeEmpty() {
      return rig.cache.pages.release(rig.cache.lists.detachEmpty());
    }
  }

  /** Nobody may wait: emergency objects, until somebody builds the slab that was asked for. */
  public static class Emergency extends Anything {
    public Emergency() {
      super(HeapRig.alone(2, 4, false, 0), AllocMode.NOSLEEP);
    }

    @Operation(nonParallelGroup = "task thread")
    public boolean grow() {
      return rig.runTasks() >= 0;
    }
  }

  /** The broken twin: an emergency object's pages go back before it leaves the tree, and may be another's by then. */
  public static final class ReleaseFirst extends Emergency {
    @Override
    void give(long object) {
      Emergencies emergencies = rig.cache.emergencies;
      if (rig.cache.locked(() -> emergencies.tree.containsKey(object))) {
        emergencies.release(object);
        boolean _ = rig.cache.locked(() -> emergencies.tree.remove(object) != null && rig.cache.directFrees++ >= 0);
      } else {
        super.give(object);
      }
    }
  }

  private static void accounted(SplCache cache, long out) {
    cache.verify();
    if (cache.stats().objects().inuse() != out) {
      throw new IllegalStateException("objects in use: " + cache.stats() + ", expected " + out);
    }
  }

  private static Class<?> specification(Class<?> test) {
    return OneSlab.class.isAssignableFrom(test) ? FreeObjects.class : AlwaysFree.class;
  }

  /** Every two operations side by side after an allocation; for one slab, every two short histories. */
  private static List<ExecutionScenario> pairs(Class<?> test) {
    boolean exact = OneSlab.class.isAssignableFrom(test);
    List<List<String>> histories = exact
        ? List.of(List.of("alloc"), List.of("alloc", "free"), List.of("alloc", "alloc"))
        : Emergency.class.isAssignableFrom(test)
            ? List.of(List.of("alloc"), List.of("free"), List.of("reap"), List.of("grow"))
            : List.of(List.of("alloc"), List.of("free"), List.of("reap"));
    List<ExecutionScenario> pairs = new ArrayList<>();
    for (List<String> one : histories) {
      for (List<String> other : histories.subList(histories.indexOf(one), histories.size())) {
        if (!one.equals(List.of("grow"))) { // there is one task thread
          pairs.add(new ExecutionScenario(exact ? List.of() : actors(test, 0, List.of("alloc")),
              List.of(actors(test, 1, one), actors(test, 2, other)), List.of(), null));
        }
      }
    }
    return pairs;
  }

  private static List<Actor> actors(Class<?> test, int thread, List<String> names) {
    return names.stream().map(name -> Arrays.stream(test.getMethods()).filter(m -> m.getName().equals(name))
        .findAny().orElseThrow()).map(m -> new Actor(m, m.getParameterCount() == 0 ? List.of() : List.of(thread)))
        .toList();
  }

  /** What other tests prove, or the test has made, is one step here, unless it calls back: such a step may not wait. */
  private static Options<?, ?> model(Class<?> test) {
    ModelCheckingOptions options = new ModelCheckingOptions();
    pairs(test).forEach(options::addCustomScenario);
    return options.threads(2).actorsPerThread(3).actorsBefore(1).actorsAfter(0)
        .sequentialSpecification(specification(test)).minimizeFailedScenario(false)
        .addGuarantee(forClasses("dev.slablab.page.PageMap", "dev.slablab.testing.PagePool").allMethods()
            .treatAsAtomic())
        .addGuarantee(forClasses("dev.slablab.testing.ManualScheduler").methods("submit", "poll").treatAsAtomic())
        .addGuarantee(forClasses("dev.slablab.percpu.Depot").methods("take", "keep", "held").treatAsAtomic())
        .addGuarantee(forClasses("dev.slablab.percpu.Magazines").methods("pop", "push", "store", "takeOldest",
            "takeBuffer", "giveBuffer", "keep", "held", "capacity", "batch").treatAsAtomic())
        .addGuarantee(forClasses("dev.slablab.spec.KmemEvent$OfCache").allMethods().ignore())
        .addGuarantee(forClasses("dev.slablab.spl.HeapRig").methods("alone", "name").ignore())
        .addGuarantee(forClasses("dev.slablab.spl.SplLincheck").methods("accounted").ignore());
  }

  private static Options<?, ?> stress(Class<?> test) {
    return new StressOptions().threads(3).actorsPerThread(4).actorsBefore(2).actorsAfter(0)
        .sequentialSpecification(specification(test));
  }

  /** The program. */
  public static void main(String[] args) throws ClassNotFoundException {
    Lincheck.program(SplLincheck.class, args, SplLincheck::model, SplLincheck::stress);
  }
}
