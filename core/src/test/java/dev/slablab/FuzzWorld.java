package dev.slablab;

import static org.junit.jupiter.api.Assertions.*;

import dev.slablab.FuzzModel.*;
import dev.slablab.page.*;
import dev.slablab.spec.*;
import java.lang.foreign.MemorySegment;
import java.util.*;
import java.util.function.*;

/**
 * Plays one history on one thread, on a Kmem and on a model beside it, and fails where they part. The same history
 * plays the same every time: time passes when it says so, tasks run when somebody waits or it says so.
 */
final class FuzzWorld implements AutoCloseable {
  private static final int MOST_CACHES = 6;
  static final AllocMode[] MODES = AllocMode.values();
  private static final long NO_ADDRESS = 0x10;

  private final GrowthSimulation simulation = new GrowthSimulation();
  final FuzzModel model = new FuzzModel();
  private final List<Owned> caches = new ArrayList<>();
  private final FuzzSubject subject;
  private final List<String> told;
  private final FuzzSetting.Refusing[] pages = new FuzzSetting.Refusing[1];
  final Kmem kmem;
  private final FuzzGeneral general = new FuzzGeneral(this);
  private boolean open = true;
  private int names;
  private int done;
  private int noMemory;
  private int named;

  private FuzzWorld(long number, FuzzSubject subject, UnaryOperator<PageSource> twin, List<String> told) {
    this.subject = subject;
    this.told = told;
    kmem = FuzzSetting.builder(number).clock(simulation).scheduler(simulation.scheduler)
        .pressure(() -> simulation.nanoTime() / 2)
        .decorate(source -> pages[0] = new FuzzSetting.Refusing(twin.apply(source))).build();
  }

  /**
   * What came of a history: lines told, allocations without memory, second frees named, slabs, emergency objects at
   * a time.
   */
  record Outcome(long done, long noMemory, long named, long slabs, long emergency) {
    Outcome plus(Outcome other) {
      return new Outcome(done + other.done, noMemory + other.noMemory, named + other.named, slabs + other.slabs,
          emergency + other.emergency);
    }
  }

  /** Plays a history; what it does is told in Java, if somebody listens. */
  static Outcome play(FuzzCase history, FuzzSubject subject, UnaryOperator<PageSource> twin, List<String> told) {
    AgeingErrors.clear();
    try (FuzzWorld world = new FuzzWorld(history.world(), subject, twin, told)) {
      for (FuzzOp op : history.ops()) {
        world.play(op);
      }
      Outcome outcome = world.outcome();
      world.end(history.world() % 2 == 1);
      return outcome;
    }
  }

  private Outcome outcome() {
    List<CacheStats> all = kmem.caches().stream().map(KmemCache::stats).toList();
    return new Outcome(done, noMemory, named, all.stream().mapToLong(stats -> stats.slabs().create()).sum(),
        all.stream().mapToLong(stats -> stats.emergency().max()).sum());
  }

  void tell(String format, Object... args) {
    done++;
    if (told != null) {
      told.add(String.format(format, args));
    }
  }

  private void play(FuzzOp op) {
    Owned owned = caches.isEmpty() ? null : caches.get(op.a() % caches.size());
    switch (op.kind()) {
      case OPEN -> open(op);
      case CLOSE -> close(owned, op);
      case ALLOC -> alloc(owned, MODES[op.b() % MODES.length], op.c());
      case BULK -> bulk(owned, 1 + op.b() % 40, MODES[op.c() % MODES.length]);
      case FREE -> free(op);
      case FREE_BULK -> freeBulk(owned, 1 + op.b() % 40);
      case GENERAL -> general.alloc(op);
      case REALLOC -> general.realloc(op);
      case REAP -> reap(owned);
      case REAP_ALL -> reapAll();
      case SCAN -> {
        tell("kmem.shrinker().scan(1);");
        kmem.shrinker().scan(1);
      }
      case TICK -> {
        long millis = op.a() % 8 == 7 ? 20_000 : op.b() % 500;
        tell("time passes: %d ms", millis);
        simulation.advance(1_000_000 * millis);
        AgeingErrors.rethrow();
      }
      case RETUNE -> retune(op);
      case TUNE -> {
        SoakUpkeep.Range range = SoakUpkeep.RANGES.get(op.a() % SoakUpkeep.RANGES.size());
        long value = range.values()[op.b() % range.values().length];
        tell("kmem.tune(Tunable.%s, %d);", range.row(), value);
        kmem.tune(range.row(), value);
      }
      case REFUSE -> {
        tell("the page source refuses %d requests, behind %d", 1 + op.a() % 30, op.b() % 4);
        pages[0].refuse(op.b() % 4, 1 + op.a() % 30);
      }
      case ALLOW -> {
        tell("the page source refuses none");
        pages[0].refuse(0, 0);
      }
      case STALL -> {
        simulation.stalled = op.a() % 2 == 0;
        tell("tasks stall: %s", simulation.stalled);
      }
      case TASKS -> {
        tell("tasks run");
        simulation.scheduler.runAll();
      }
      case WRONG -> wrong(owned, op);
      case SWEEP -> sweep(owned, op);
      case CHECK -> {
        tell("kmem.verify();");
        model.compare(kmem, caches);
      }
      case READ -> read(owned, op);
      case ONLINE -> {
        if (kmem.cpus() > 1) { // the first stays
          int cpu = 1 + op.a() % (kmem.cpus() - 1);
          tell("kmem.online(%d, %s);", cpu, op.b() % 2 == 0);
          kmem.online(cpu, op.b() % 2 == 0);
        }
      }
    }
  }

  private void open(FuzzOp op) {
    if (caches.size() == MOST_CACHES) {
      return;
    }
    String name = "c" + names++;
    CacheSpec plain = FuzzSetting.spec(name, op.a(), op.b(), op.c());
    int hooked = op.c() % 4;
    HookBooks hooks = new HookBooks(plain, hooked < 2 ? null : ConstructorPlacement.values()[hooked - 2]);
    Owned[] owned = new Owned[1];
    CacheSpec spec = (op.c() >> 2) % 4 != 3 ? hooks.spec : hooks.spec.reclaim(_ -> giveSome(owned[0]));
    tell("KmemCache %s = kmem.createCache(%s); // hooks: %s", name, plain, hooked < 2 ? "none"
        : ConstructorPlacement.values()[hooked - 2]);
    owned[0] = new Owned(name, kmem.createCache(spec), hooks, kmem.tunables().get(Tunable.GUARD_SAMPLE));
    caches.add(owned[0]);
  }

  /** What a reclaim callback does. */
  private void giveSome(Owned owned) {
    for (int i = 0; i < 4 && owned.live > 0; i++) {
      Block block = model.remove(model.find(owned, 0));
      tell("  // reclaim: %s.free(%s);", owned.name, block.name());
      owned.cache.free(block.address());
    }
  }

  private void close(Owned owned, FuzzOp op) {
    if (owned == null) {
      return;
    }
    if (owned.live == 0) {
      tell("%s.close();", owned.name);
      owned.cache.close();
      owned.hooks.closed();
      assertThrows(KmemException.Usage.class, owned.cache::alloc, "alloc after close");
      caches.remove(owned);
    } else if (op.b() % 8 == 7) {
      tell("%s.closeLeaking(); // %d", owned.name, owned.live);
      long live = owned.live;
      List<MemorySegment> segments = model.blocks.stream().filter(block -> block.owner() == owned)
          .map(Block::segment).filter(Objects::nonNull).toList();
      model.removeAll(owned);
      var leak = owned.cache.closeLeaking();
      assertEquals(live, leak.objects() + leak.emergency(), leak::toString);
      assertTrue(owned.guards != 1 || segments.stream().noneMatch(it -> it.scope().isAlive()), "leaked segments");
      caches.remove(owned);
    } else {
      tell("%s.close(); // throws Leak: %d", owned.name, owned.live);
      assertThrows(KmemException.Leak.class, owned.cache::close, "close");
    }
  }

  /** An allocation that may find no memory only when the page source had none. */
  long obtain(AllocMode mode, LongSupplier call) {
    long before = pages[0].refused;
    String outcome;
    try {
      long address = call.getAsLong();
      if (address != 0) {
        return address;
      }
      outcome = mode.mayRetry() ? "gave 0" : null;
    } catch (KmemException.NoMemory e) {
      outcome = mode.mayRetry() ? null : "threw " + e;
    }
    if (outcome != null || pages[0].refused == before) {
      throw new AssertionError("alloc, mode = " + mode + ", pages refused meanwhile = " + (pages[0].refused - before)
          + ": " + (outcome == null ? "no memory" : outcome));
    }
    noMemory++;
    return 0;
  }

  private void alloc(Owned owned, AllocMode mode, int way) {
    if (owned == null || model.isFull()) {
      return;
    }
    CacheSpec spec = owned.cache.spec();
    boolean zeroed = way % 16 == 15 && spec.constructor() == null;
    String call = zeroed ? "allocZeroed" : way % 16 >= 12 ? "allocSegment" : "alloc";
    tell("var o%d = %s.%s(AllocMode.%s);", model.next(), owned.name, call, mode);
    MemorySegment[] segment = new MemorySegment[1];
    long address = obtain(mode, () -> switch (call) {
      case "allocZeroed" -> owned.cache.allocZeroed(mode);
      case "allocSegment" -> (segment[0] = owned.cache.allocSegment(mode)).address();
      default -> subject.alloc(owned.cache, mode);
    });
    if (address != 0) {
      if (zeroed) {
        Cookie.checkZero(address, spec.size());
      }
      model.add(owned, address, spec.size(), spec.align(), true, segment[0]);
    }
  }

  private void bulk(Owned owned, int n, AllocMode mode) {
    if (owned == null || model.isFull()) {
      return;
    }
    tell("var o%d = %s.alloc(new long[%d], 0, %d, AllocMode.%s);", model.next(), owned.name, n, n, mode);
    long[] objects = new long[n];
    long before = pages[0].refused;
    int got = 0;
    try {
      got = owned.cache.alloc(objects, 0, n, mode);
    } catch (KmemException.NoMemory e) {
      assertTrue(mode.mayRetry(), e::toString);
      owned.exact = false;
    }
    assertTrue(got == n || pages[0].refused > before, "no memory, though the page source had some");
    for (int i = 0; i < got; i++) {
      model.add(owned, objects[i], owned.cache.spec().size(), owned.cache.spec().align(), true);
    }
  }

  private void free(FuzzOp op) {
    if (!model.blocks.isEmpty()) {
      give(model.remove(op.a() % model.blocks.size()), op.b() % 4);
    }
  }

  private void give(Block block, int way) {
    KmemCache cache = block.owner() == null ? null : block.owner().cache;
    tell("%s.free(%s%s);", cache == null || way == 3 ? "kmem" : block.owner().name, block.name(),
        cache == null && way == 1 && block.sized() ? ", " + block.size() : "");
    if (cache == null && way == 1 && block.sized()) {
      kmem.free(block.address(), block.size());
    } else if (cache == null || way == 3) {
      kmem.free(block.address());
    } else if (way == 2 && block.segment() != null) {
      block.owner().free(subject, block.segment());
    } else if (way == 2) {
      cache.free(Memory.segment(block.address(), block.size()));
    } else {
      subject.free(cache, block.address());
    }
  }

  private void freeBulk(Owned owned, int n) {
    if (owned == null) {
      return;
    }
    List<Block> some = new ArrayList<>();
    while (some.size() < n && owned.live > 0) {
      some.add(model.remove(model.find(owned, 7 * n)));
    }
    long[] objects = some.stream().mapToLong(Block::address).toArray();
    tell("%s.free(new long[] %s, 0, %d);", owned.name, some.stream().map(Block::name).toList(), objects.length);
    owned.cache.free(objects, 0, objects.length);
  }

  private void reap(Owned owned) {
    if (owned == null) {
      return;
    }
    tell("%s.reap();", owned.name);
    subject.reap(owned.cache);
    assertTrue(owned.live > 0 || !empties() || owned.cache.stats().slabs().total() == 0,
        () -> "slabs after a reap: " + owned.cache.stats());
  }

  /** Whether a reap empties the magazines. */
  private boolean empties() {
    return kmem.tunables().generation() != Generation.OLD
        || (kmem.tunables().get(Tunable.SPL_KMEM_CACHE_EXPIRE) & 2) != 0;
  }

  private void reapAll() {
    tell("kmem.reap();");
    kmem.reap();
    assertTrue(!model.blocks.isEmpty() || !empties() || kmem.heldBytes() == 0, () -> kmem.heldBytes() + " bytes held");
  }

  private void retune(FuzzOp op) {
    List<Owned> linux = caches.stream().filter(owned -> owned.cache.linux() != null).toList();
    if (!linux.isEmpty()) {
      int limit = 1 + op.b() % 150;
      String line = linux.get(op.a() % linux.size()).name + " " + limit + " " + (1 + op.c() % limit) + " " + op.c() % 9;
      tell("kmem.retune(\"%s\");", line);
      subject.retune(kmem, line);
    }
  }

  /** Looks at an object and frees it, as one who reads. */
  private void read(Owned owned, FuzzOp op) {
    if (owned != null && owned.live > 0) {
      tell("%s.read(() -> {", owned.name);
      owned.cache.read(() -> give(model.remove(model.find(owned, op.b())), op.c() % 4));
      tell("});");
    }
  }

  /** With a debug level the call itself finds an address inside an object, and a second free; nothing changes. */
  private void wrongOfDebugged(Owned owned, Block block) {
    tell("%s.free(%s + 8); // throws Corruption", owned.name, block.name());
    assertThrows(KmemException.Corruption.class, () -> owned.cache.free(block.address() + 8), "inside an object");
    give(model.remove(model.blocks.indexOf(block)), 0);
    tell("%s.free(%s); // throws Corruption", owned.name, block.name());
    assertThrows(KmemException.Corruption.class, () -> subject.free(owned.cache, block.address()), "double free");
    named++;
  }

  private void wrong(Owned owned, FuzzOp op) {
    if (owned != null && owned.debugged() && owned.live > 0 && op.c() % 4 != 0) {
      wrongOfDebugged(owned, model.blocks.get(model.find(owned, op.c())));
      return;
    }
    tell("%s.free(%d); // throws Corruption", owned == null || op.b() % 2 == 0 ? "kmem" : owned.name, NO_ADDRESS);
    assertThrows(KmemException.Corruption.class, () -> {
      if (owned == null || op.b() % 2 == 0) {
        kmem.free(NO_ADDRESS);
      } else {
        owned.cache.free(NO_ADDRESS);
      }
    });
  }

  private void sweep(Owned owned, FuzzOp op) {
    boolean one = owned != null && op.b() % 2 == 0;
    for (long n = one ? owned.live : model.blocks.size() / 2; n > 0; n--) {
      give(model.remove(one ? model.find(owned, op.c()) : op.c() % model.blocks.size()), op.c() % 4);
    }
  }

  /** Everything runs out: either all is freed and nothing may stay, or the close must name what is in use. */
  private void end(boolean freeing) {
    simulation.stalled = false;
    pages[0].refuse(0, 0);
    simulation.scheduler.runAll();
    model.compare(kmem, caches);
    for (int n = freeing ? model.blocks.size() : 0; n > 0; n--) {
      give(model.remove(n - 1), 0);
    }
    kmem.tune(Tunable.SPL_KMEM_CACHE_EXPIRE, 2);
    reapAll();
    model.compare(kmem, caches);
    open = false;
    tell("kmem.close();");
    if (model.blocks.isEmpty()) {
      kmem.close();
      caches.forEach(owned -> owned.hooks.closed());
    } else {
      assertThrows(KmemException.Leak.class, kmem::close);
    }
    assertEquals(0, kmem.heldBytes(), "held after close");
  }

  /** After a failure the rest does not matter. */
  @Override
  public void close() {
    if (open) {
      try {
        kmem.close();
      } catch (RuntimeException | AssertionError e) {
        tell("// closing: %s", e);
      }
    }
  }
}
