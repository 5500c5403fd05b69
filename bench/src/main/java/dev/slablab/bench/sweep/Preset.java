package dev.slablab.bench.sweep;

import module java.base;

/**
 * A question with the cells that answer it, at most {@value #MOST} with controls: comparisons as {@link Grid#of} reads
 * them, and secondary results that belong to the answer.
 */
public record Preset(String name, String question, List<String> also, List<String> grids) {
  static final int MOST = 24;

  private static final List<String> SLABS = List.of("mem.peak", "mem.waste", "mem.pagecalls.norm", "slab.grows.norm",
      "slab.refills.norm");
  private static final String EIGHT = " callers=8 kinds=8 size=1024 spl_kmem_cache_obj_per_slab=64 metric=";

  /** What can be asked. Cells of one line differ in its first name with several values; the first is the baseline. */
  public static final List<Preset> ALL = List.of(
      new Preset("Floor", "What can the JVM and this machine do at best?", List.of(), List.of(
          "Floor.slotTable,Floor.confined,Floor.threadLocal,Floor.casLocked,Floor.monitor,Floor.tlab")),
      new Preset("MagazineSize", "What does a magazine's size gain, and what memory does it hold back?",
          List.of("mem.retained", "mem.peak", "slab.refills.norm", "slab.grows.norm"), List.of(
          "MagazineSize spl_kmem_cache_magazine_size=0,2,8,32,128,256 size=1024 burst=512 threads=1,2",
          "MagazineSize spl_kmem_cache_magazine_size=0,2,8,32,128,256 size=16384 burst=64")),
      new Preset("SlabSizing", "How many objects per slab, and which slab?", SLABS, List.of(
          "SlabSizing spl_kmem_cache_obj_per_slab=8,1,2,4,16,32,64 size=1024,16384",
          "SlabSizing spl_kmem_cache_slab_limit/slab_max_order/object_layout/huge_pages="
          + "0/1/1/0,0/1/0/0,0/1/1/1,16384/0/1/0,16384/1/1/0,16384/3/1/0 size=1024 spl_kmem_cache_obj_per_slab=8")),
      new Preset("SlabLimit", "Is 16 KiB the right size to leave the Linux slab?", SLABS, List.of(
          "SlabLimit.bursts spl_kmem_cache_slab_limit=65536,0 size=1024,4096,8192,16384,16400,32768,65536")),
      new Preset("SlabLimitSmall", "And which slab for small objects?", SLABS, List.of(
          "SlabLimit.bursts spl_kmem_cache_slab_limit=65536,0 size=64,256,512,2048")),
      new Preset("SlabLimitCut", "Where should blocks of many sizes leave the Linux slab?",
          List.of("mem.held", "mem.resident.per.live"), List.of(
          "LiveSet.slabBuf general_slab_limit=16384,0,1024,2048,4096,8192,32768,65536 mixture=WEB_SOCKET live=1024",
          "TraceReplay.slablab general_slab_limit=16384,0,1024,2048,4096,8192,32768,65536 trace=git")),
      new Preset("Traces", "What do magazine, slab and cut-off cost a recorded program?", List.of(
          "mem.resident.per.live"), List.of(
          "TraceReplay.slablab spl_kmem_cache_magazine_size=0,2,16,64,256 trace=git,redis",
          "TraceReplay.slablab general_slab_bytes=65536,4096,16384,1048576 trace=git",
          "TraceReplay.slablab general_slab_limit/general_classes=0/1,0/0,16384/0,16384/1,65536/0 trace=git")),
      new Preset("Growth", "How long are the tails while slabs are made?", List.of("grow_p50", "grow_p99",
          "grow_max", "stall_p99", "deadlocks"), List.of(
          "Growth grow_in_caller/spl_kmem_cache_kmem_threads=1/4,0/1,0/4,0/8 size=1024,16384 metric=grow_p99",
          "Growth construct=NONE,PER_ALLOCATION,PER_SLAB size=4096 metric=grow_p99",
          "Growth callers=1,4 grow_in_caller=0,1 size=1024 metric=grow_p99")),
      new Preset("Expiry", "What does idle memory that goes back cost the next burst?", List.of("held_rest",
          "held_burst"), List.of(
          "Expiry spl_kmem_cache_expire/slab_decay=1/1000,0/1000,1/0,0/0 size=1024,16384",
          "Expiry generation=0,1,2 size=1024,16384")),
      new Preset("GrowthStalled", "And where the page source is slow, or stalls?", List.of("alloc_p50", "alloc_p99",
          "alloc_p999", "alloc_p9999", "alloc_max", "grow_p99", "deadlocks"), List.of(
          "Growth grow_in_caller/spl_kmem_cache_kmem_threads=1/4,0/1,0/2,0/4,0/8 pages=SLOW" + EIGHT + "grow_p99",
          "Growth grow_in_caller/spl_kmem_cache_kmem_threads=1/4,0/1,0/2,0/4,0/8 pages=STALLED" + EIGHT + "alloc_max",
          "Growth construct=NONE,PER_ALLOCATION,PER_SLAB pages=SLOW size=4096 spl_kmem_cache_obj_per_slab=64"
          + " metric=grow_p99")),
      new Preset("ProducerConsumer", "What does it cost to allocate here and free there?", List.of(), List.of(
          "ProducerConsumer subject=SLABLAB,HEAP,NATIVE_MALLOC,NETTY_POOLED,NETTY_ADAPTIVE batch=1,64,4096")),
      new Preset("Contention", "How does the pair scale, and what do many more threads than CPUs cost?", List.of(
          "pair_p06", "pair_p50", "pair_p90", "fairness", "in_magazines"), List.of(
          "Contention.platform workers=1,2,4,16,64 subject=SLABLAB metric=pair_p50",
          "Contention.platform magazine_placement=1,0,2 workers=64 subject=SLABLAB metric=pair_p50",
          "Contention.virtual magazine_placement=1,0 subject=SLABLAB metric=pair_p50",
          "Contention.platform subject=SLABLAB,NATIVE_MALLOC,NETTY_ADAPTIVE workers=64 metric=pair_p50")),
      new Preset("Peers", "How does it stand beside malloc and Netty, nothing zeroed?", List.of("mem.process"), List.of(
          "LiveSet.slabBuf,LiveSet.nettyAdaptive,LiveSet.nettyPooled,LiveSet.nativeBuf live=1024",
          "Peers subject=SLABLAB,SLABLAB_SEGMENT,SLABLAB_BUF,SLICING,NATIVE_MALLOC,NETTY_POOLED,NETTY_ADAPTIVE,"
          + "NETTY_UNPOOLED size=1024 zeroed=false")),
      new Preset("PeersZeroed", "How does it stand beside JVM allocation, which zeroes?", List.of("mem.process"),
          List.of(
          "Peers subject=SLABLAB,HEAP,DIRECT,ARENA,ARENA_SHARED,ARENA_AUTO size=64,1024,16384 zeroed=true")),
      new Preset("PeersCollectors", "And under each collector?", List.of("mem.process"), List.of(
          "Peers subject=SLABLAB,HEAP jvm=-XX:+UseG1GC,-XX:+UseZGC,-XX:+UseParallelGC,-XX:+UseSerialGC size=1024"
          + " zeroed=true")),
      new Preset("PeersNetty", "What do Unsafe and its own threads gain Netty?", List.of("netty.unsafe"), List.of(
          "Peers jvm=-Dio.netty.noUnsafe=false,-Dio.netty.noUnsafe=true,-Dslablab.lab.threads=platform"
          + " subject=NETTY_POOLED,NETTY_ADAPTIVE,NETTY_UNPOOLED size=1024")),
      new Preset("DebugCost", "What does each debug level cost, and what do sampled guards?", List.of("mem.held"),
          List.of("DebugCost cache_debug=0,1,2,3 guard_sample=0 size=64,16384 subject=SLABLAB",
          "DebugCost guard_sample=0,1024,16 cache_debug=0 size=64 subject=SLABLAB_SEGMENT,SLABLAB")),
      new Preset("Planted", "Does a sweep find a slowdown of a tenth, and only that?", List.of(), List.of(
          "Floor.planted pairs/size=1000/64,1000/65,1100/64")));

  /** {@return what to run} */
  public Plan plan() {
    return Plan.of(name, question, grids.stream().flatMap(grid -> Grid.of(grid).cells("").stream()).toList(), also);
  }
}
