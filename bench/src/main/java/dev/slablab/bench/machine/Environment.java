package dev.slablab.bench.machine;

import module java.base;
import dev.slablab.Kmem;
import io.netty.util.Version;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.*;

/** The facts that go with every result ({@code env.json}): a whitelist. */
public final class Environment {
  private Environment() {}

  /** {@return the facts, in the order they are printed} */
  public static Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("jdk", System.getProperty("java.vm.vendor", "") + " " + System.getProperty("java.runtime.version", "")
        + ", " + System.getProperty("java.vm.name", ""));
    facts.put("jvmFlags", ManagementFactory.getRuntimeMXBean().getInputArguments());
    facts.put("collector",
        ManagementFactory.getGarbageCollectorMXBeans().stream().map(GarbageCollectorMXBean::getName).toList());
    facts.put("maxHeapBytes", Runtime.getRuntime().maxMemory());
    facts.put("cpu", cpu());
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    facts.put("caches", caches());
    facts.put("governor", Proc.read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    facts.put("hypervisor", hypervisor());
    facts.put("kernel", System.getProperty("os.name", "") + " " + System.getProperty("os.version", "") + " "
        + System.getProperty("os.arch", ""));
    facts.put("transparentHugePages", Proc.read("/sys/kernel/mm/transparent_hugepage/enabled")
        .replaceAll(".*\\[(\\w+)].*", "$1")); // of always [madvise] never the word in brackets
    facts.put("hugePages", Proc.field("/proc/meminfo", "HugePages_Total"));
    facts.put("memory", Proc.field("/proc/meminfo", "MemTotal"));
    facts.put("overcommit", Proc.read("/proc/sys/vm/overcommit_memory"));
    facts.put("cgroupMemoryLimit",
        Proc.first("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"));
    facts.put("cgroupCpuLimit", Proc.first("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"));
    facts.put("load", Proc.Activity.now().load());
    allocators(facts);
    facts.put("jarSha256", jarHash());
    facts.put("commit", commit());
    return facts;
  }

  private static void allocators(Map<String, Object> facts) {
    try (Kmem kmem = Kmem.create()) {
      facts.put("pageSource", kmem.pageSource());
      facts.put("placement", kmem.placement().toString());
      facts.put("magazinesPerCache", kmem.cpus());
    }
    Version netty = Version.identify().get("netty-buffer");
    facts.put("netty", netty == null ? "" : netty.artifactVersion());
    facts.put("nettyUnsafe", PlatformDependent.hasUnsafe());
    facts.put("preloaded", System.getenv().getOrDefault("LD_PRELOAD", ""));
  }

  private static String cpu() {
    String model = Proc.field("/proc/cpuinfo", "model name");
    return model.isEmpty() ? System.getProperty("os.arch", "") : model;
  }

  private static String hypervisor() {
    boolean virtual = (" " + Proc.field("/proc/cpuinfo", "flags") + " ").contains(" hypervisor ");
    return virtual ? "yes " + Proc.first("/sys/hypervisor/type", "/sys/class/dmi/id/sys_vendor") : "none seen";
  }

  private static List<String> caches() {
    List<String> caches = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String at = "/sys/devices/system/cpu/cpu0/cache/index" + i + "/";
      String size = Proc.read(at + "size");
      if (!size.isEmpty()) {
        caches.add("L" + Proc.read(at + "level") + " " + Proc.read(at + "type") + " " + size);
      }
    }
    return caches;
  }

  private static String commit() {
    try (InputStream in = Environment.class.getResourceAsStream("/dev/slablab/bench/build-commit.txt")) {
      return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of the jar that runs; empty when classes run from folders. */
  private static String jarHash() {
    Path jar = Path.of(System.getProperty("java.class.path", "").split(java.io.File.pathSeparator, -1)[0]);
    try {
      return !Files.isRegularFile(jar) ? ""
          : HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar)));
    } catch (IOException | NoSuchAlgorithmException e) {
      return "";
    }
  }
}
