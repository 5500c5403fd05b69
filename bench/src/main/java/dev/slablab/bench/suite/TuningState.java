package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.spec.*;
import org.openjdk.jmh.annotations.*;

/**
 * Every tunable as a JMH parameter under its own name, with its default; a test compares them with the rows. A subclass
 * that sweeps one of them declares it again: its values then replace these.
 */
@State(Scope.Benchmark)
@SuppressWarnings("MemberName") // the names are the original module parameters'
public abstract class TuningState {
  @Param("0") public String generation = "0";
  @Param("0") public String spl_kmem_cache_magazine_size = "0";
  @Param("8") public String spl_kmem_cache_obj_per_slab = "8";
  @Param("1") public String spl_kmem_cache_obj_per_slab_min = "1";
  @Param("32") public String spl_kmem_cache_max_size = "32";
  @Param("16384") public String spl_kmem_cache_slab_limit = "16384";
  @Param("2048") public String spl_kmem_cache_kmem_limit = "2048";
  @Param("0") public String cache_type = "0";
  @Param("1") public String slab_max_order = "1";
  @Param("4") public String spl_kmem_cache_kmem_threads = "4";
  @Param("0") public String spl_kmem_cache_reclaim = "0";
  @Param("1") public String spl_kmem_cache_expire = "1";
  @Param("0") public String memory_pressure = "0";
  @Param("15000") public String cache_delay = "15000";
  @Param("1") public String grow_in_caller = "1";
  @Param("1000") public String slab_decay = "1000";
  @Param("2") public String magazine_depot = "2";
  @Param("10000") public String alloc_timeout = "10000";
  @Param("0") public String memory_limit = "0";
  @Param("64") public String range_size = "64";
  @Param("0") public String huge_pages = "0";
  @Param("1") public String object_layout = "1";
  @Param("0") public String cache_debug = "0";
  @Param("0") public String guard_sample = "0";
  @Param("1") public String general_classes = "1";
  @Param("65536") public String general_largest = "65536";
  @Param("65536") public String general_slab_bytes = "65536";
  @Param("0") public String general_slab_limit = "0";
  @Param("0") public String numa_nodes = "0";
  @Param("0") public String slab_debug = "0";
  @Param("0") public String magazine_placement = "0";
  @Param("0") public String possible_cpus = "0";
  @Param("0") public String page_source = "0";

  /** {@return the tunables as the parameters say; those that have their default follow {@link #generation}} */
  protected final Tunables tunables() {
    Map<String, String> settings = new HashMap<>();
    for (Tunable row : Tunable.values()) {
      try {
        String value = (String) getClass().getField(row.key()).get(this);
        if (row.parse(value) != row.defaultValue) {
          settings.put(row.key(), value);
        }
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("no parameter for tunable " + row.key(), e);
      }
    }
    return Tunables.defaults().with(settings);
  }
}
