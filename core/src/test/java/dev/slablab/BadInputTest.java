package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.CacheSpec;
import dev.slablab.spec.CacheType;
import dev.slablab.spec.ConstructorPlacement;
import dev.slablab.spec.KmemException;
import dev.slablab.spec.ObjectLayout;
import dev.slablab.spec.Tunable;
import dev.slablab.testing.OpenKmems;
import dev.slablab.testing.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A20: what is wrong is named as {@code name = value} with the legal range, and nothing is left behind. */
class BadInputTest {
  @RegisterExtension
  final OpenKmems kmems = new OpenKmems();

  record Case(String what, Supplier<CacheSpec> spec, String value, String legal) {
    @Override
    public String toString() {
      return what;
    }
  }

  /** Every bad specification under every variant. */
  static List<Object[]> badSpecs() {
    List<Case> cases = List.of(
        new Case("null name", () -> CacheSpec.of(nothing(), 8), "name = null", "not blank"),
        new Case("empty name", () -> CacheSpec.of("", 8), "name = :", "not blank"),
        new Case("blank name", () -> CacheSpec.of(" \t", 8), "name =  \t:", "not blank"),
        new Case("size 0", () -> CacheSpec.of("c", 0), "size = 0", "at least 1 byte"),
        new Case("negative size", () -> CacheSpec.of("c", -5), "size = -5", "at least 1 byte"),
        new Case("smallest long", () -> CacheSpec.of("c", Long.MIN_VALUE), "size = " + Long.MIN_VALUE, "at least 1"),
        new Case("size above a slab", () -> CacheSpec.of("c", (32 << 20) + 1), "size = 33554433", "33554432 bytes"),
        new Case("largest long", () -> CacheSpec.of("c", Long.MAX_VALUE), "size = " + Long.MAX_VALUE, "33554432 bytes"),
        new Case("no room for the descriptors", () -> CacheSpec.of("c", 32 << 20).layout(ObjectLayout.TRAILER),
            "size = 33554432", "33554432 bytes"),
        new Case("align not a power of two", () -> CacheSpec.of("c", 8).align(24), "align = 24", "power of two from 8"),
        new Case("align too small", () -> CacheSpec.of("c", 8).align(4), "align = 4", "power of two from 8"),
        new Case("align 1", () -> CacheSpec.of("c", 8).align(1), "align = 1", "power of two from 8"),
        new Case("negative align", () -> CacheSpec.of("c", 8).align(-8), "align = -8", "power of two from 8"),
        new Case("smallest int", () -> CacheSpec.of("c", 8).align(Integer.MIN_VALUE), "align = -2147483648",
            "power of two from 8"),
        new Case("align beyond a page", () -> CacheSpec.of("c", 8).align(1 << 20), "align = 1048576", "page size"),
        new Case("two types", () -> CacheSpec.of("c", 8).flags(CacheFlag.KVMEM, CacheFlag.SLAB), "flags = ",
            "at most one of KVMEM, KMEM, VMEM and SLAB"),
        new Case("two types, one by one", () -> CacheSpec.of("c", 8).flags(CacheFlag.SLAB).flags(CacheFlag.KVMEM),
            "flags = ", "at most one of KVMEM, KMEM, VMEM and SLAB"),
        new Case("a Linux flag on a KVMEM cache", () -> CacheSpec.of("c", 8).flags(CacheFlag.KVMEM, CacheFlag.POISON),
            "flags = ", "Linux's flags with SLAB only"),
        new Case("KMEM and VMEM", () -> CacheSpec.of("c", 8).flags(CacheFlag.KMEM, CacheFlag.VMEM), "flags = ",
            "at most one of KVMEM, KMEM, VMEM and SLAB"),
        new Case("a Linux flag on a VMEM cache", () -> CacheSpec.of("c", 8).flags(CacheFlag.VMEM, CacheFlag.RED_ZONE),
            "flags = ", "Linux's flags with SLAB only"),
        new Case("no magazines", () -> CacheSpec.of("c", 8).flags(CacheFlag.NOMAGAZINE), "flags = [NOMAGAZINE]",
            "not to be had"),
        new Case("no hash", () -> CacheSpec.of("c", 8).flags(CacheFlag.NOHASH), "flags = [NOHASH]", "not to be had"),
        new Case("quantum caches", () -> CacheSpec.of("c", 8).flags(CacheFlag.KMEM, CacheFlag.QCACHE), "QCACHE",
            "not to be had"),
        new Case("too large for KMEM", () -> CacheSpec.of("c", (512 << 10) + 1).flags(CacheFlag.KMEM),
            "size = 524289", "no space"),
        new Case("too large for KMEM, offslab", () -> CacheSpec.of("c", (512 << 10) + 1)
            .flags(CacheFlag.KMEM, CacheFlag.OFFSLAB), "size = 524289", "no space"),
        new Case("too large for an address space", () -> CacheSpec.of("c", Long.MAX_VALUE).flags(CacheFlag.OFFSLAB),
            "size = " + Long.MAX_VALUE, "no space"),
        new Case("an offslab slab too large for one", () -> CacheSpec.of("c", 1L << 44).flags(CacheFlag.OFFSLAB),
            "size = " + (1L << 44), "no space"),
        new Case("poison and grace period",
            () -> CacheSpec.of("c", 8).flags(CacheFlag.POISON, CacheFlag.DESTROY_BY_RCU),
            "flags = ", "at most one of POISON and DESTROY_BY_RCU"),
        new Case("no such debug level", () -> CacheSpec.of("c", 8).debug(4), "debug = 4", "0..3"),
        new Case("negative debug level", () -> CacheSpec.of("c", 8).debug(-2), "debug = -2", "0..3"),
        new Case("negative objects per slab", () -> CacheSpec.of("c", 8).objectsPerSlab(-1), "obj_per_slab = -1",
            "1..1048576"),
        new Case("too many objects per slab", () -> CacheSpec.of("c", 8).objectsPerSlab((1 << 20) + 1),
            "obj_per_slab = 1048577", "1..1048576"));
    List<Object[]> all = new ArrayList<>();
    for (Variant variant : Variant.all()) {
      cases.stream().filter(bad -> variant.type() != CacheType.OFFSLAB || !bad.legal.equals("33554432 bytes"))
          .forEach(bad -> all.add(new Object[] {variant, bad}));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("badSpecs")
  void badSpecificationsAreRefused(Variant variant, Case bad) {
    Kmem kmem = kmems.open(variant.builder());
    refused(kmem, bad.value, bad.legal, it -> it.createCache(bad.spec.get()));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#exactWithDebugged")
  void theEdgesThemselvesAreLegal(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    List<CacheSpec> edges = List.of(CacheSpec.of("c", 1), CacheSpec.of("c", 1).align(4096),
        CacheSpec.of("c", 8).align(0), CacheSpec.of("c", 8).objectsPerSlab(1 << 16),
        CacheSpec.of("c", 32 << 20).layout(ObjectLayout.OUT_OF_BAND),
        CacheSpec.of("c", (32 << 20) - 104).layout(ObjectLayout.TRAILER));
    for (CacheSpec spec : edges) {
      try (KmemCache cache = kmem.createCache(spec)) {
        cache.free(cache.alloc());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void badCallsAreRefused(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    KmemCache cache = kmem.createCache(CacheSpec.of("calls", 64));
    KmemCache constructed = kmem.createCache(CacheSpec.of("built", 64).hooks((o, p, m) -> { }, null, null,
        ConstructorPlacement.PER_SLAB));
    refused(kmem, "mode = null", "SLEEP, NOSLEEP, PUSHPAGE or NORETRY", _ -> cache.alloc(nothing()));
    refused(kmem, "cache = built", "use alloc", _ -> constructed.allocZeroed(AllocMode.SLEEP));
  }

  @ParameterizedTest
  @MethodSource("dev.slablab.testing.Variant#withDebugged")
  void badTuningIsRefused(Variant variant) {
    Kmem kmem = kmems.open(variant.builder());
    for (Tunable row : Tunable.values()) {
      long now = kmem.tunables().get(row);
      if (!row.writable) {
        refused(kmem, row.key() + " = " + row.min, "fixed when the allocator is built", it -> it.tune(row, row.min));
      } else {
        refused(kmem, row.key() + " = " + (row.min - 1), row.range(), it -> it.tune(row, row.min - 1));
        if (row.max != Long.MAX_VALUE) {
          refused(kmem, row.key() + " = " + (row.max + 1), row.range(), it -> it.tune(row, row.max + 1));
        }
      }
      assertEquals(now, kmem.tunables().get(row));
    }
  }

  @Test
  void aBuilderRefusesBadTunables() {
    for (Tunable row : Tunable.values()) {
      String message = assertThrows(KmemException.Usage.class, () -> Kmem.builder().tunable(row, row.min - 1))
          .getMessage();
      assertTrue(message.contains(row.key() + " = " + (row.min - 1)) && message.contains(row.range()), message);
    }
  }

  private static void refused(Kmem kmem, String value, String legal, Consumer<Kmem> call) {
    long held = kmem.heldBytes();
    List<KmemCache> caches = kmem.caches();
    String message = assertThrows(KmemException.Usage.class, () -> call.accept(kmem)).getMessage();
    assertNotNull(message);
    assertTrue(message.contains(value), "names the value, " + value + ": " + message);
    assertTrue(message.contains(legal), "says what is legal, " + legal + ": " + message);
    assertEquals(held, kmem.heldBytes());
    assertEquals(caches, kmem.caches());
  }

  /** What callers outside null-checked code pass. */
  private static <T> T nothing() {
    return null;
  }
}
