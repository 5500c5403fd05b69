package dev.slablab.bench.suite;

import dev.slablab.spec.Tunable;
import dev.slablab.spec.Tunables;
import java.util.HashMap;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Every tunable as a JMH parameter under its own name, with its default; a test compares them with the rows. A subclass
 * that sweeps one of them declares it again: its values then replace these.
 */
@State(Scope.Benchmark)
@SuppressWarnings("MemberName") // the names are the original module parameters'
public abstract class TuningState {
  /** As in {@link Tunable#SPL_KMEM_CACHE_MAGAZINE_SIZE}. */
  @Param("0") public String spl_kmem_cache_magazine_size = "0";
  /** As in {@link Tunable#SPL_KMEM_CACHE_OBJ_PER_SLAB}. */
  @Param("8") public String spl_kmem_cache_obj_per_slab = "8";
  /** As in {@link Tunable#SPL_KMEM_CACHE_MAX_SIZE}. */
  @Param("32") public String spl_kmem_cache_max_size = "32";
  /** As in {@link Tunable#SPL_KMEM_CACHE_SLAB_LIMIT}. */
  @Param("16384") public String spl_kmem_cache_slab_limit = "16384";
  /** As in {@link Tunable#SPL_KMEM_CACHE_KMEM_THREADS}. */
  @Param("4") public String spl_kmem_cache_kmem_threads = "4";
  /** As in {@link Tunable#GROW_IN_CALLER}. */
  @Param("1") public String grow_in_caller = "1";
  /** As in {@link Tunable#SLAB_DECAY}. */
  @Param("1000") public String slab_decay = "1000";
  /** As in {@link Tunable#MAGAZINE_DEPOT}. */
  @Param("2") public String magazine_depot = "2";
  /** As in {@link Tunable#ALLOC_TIMEOUT}. */
  @Param("10000") public String alloc_timeout = "10000";
  /** As in {@link Tunable#MEMORY_LIMIT}. */
  @Param("0") public String memory_limit = "0";
  /** As in {@link Tunable#RANGE_SIZE}. */
  @Param("64") public String range_size = "64";
  /** As in {@link Tunable#HUGE_PAGES}. */
  @Param("0") public String huge_pages = "0";
  /** As in {@link Tunable#OBJECT_LAYOUT}. */
  @Param("1") public String object_layout = "1";
  /** As in {@link Tunable#GENERAL_CLASSES}. */
  @Param("1") public String general_classes = "1";
  /** As in {@link Tunable#GENERAL_LARGEST}. */
  @Param("65536") public String general_largest = "65536";
  /** As in {@link Tunable#MAGAZINE_PLACEMENT}. */
  @Param("0") public String magazine_placement = "0";
  /** As in {@link Tunable#POSSIBLE_CPUS}. */
  @Param("0") public String possible_cpus = "0";
  /** As in {@link Tunable#PAGE_SOURCE}. */
  @Param("0") public String page_source = "0";

  /** For JMH. */
  protected TuningState() {}

  /** {@return the tunables as the parameters say} */
  protected final Tunables tunables() {
    Map<String, String> settings = new HashMap<>();
    for (Tunable row : Tunable.values()) {
      try {
        settings.put(row.key(), (String) getClass().getField(row.key()).get(this));
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("no parameter for tunable " + row.key(), e);
      }
    }
    return Tunables.defaults().with(settings);
  }
}
