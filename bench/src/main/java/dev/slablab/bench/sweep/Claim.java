package dev.slablab.bench.sweep;

import module java.base;
import dev.slablab.bench.sweep.Config.Term;

/**
 * Something that shall be so: a ratio (or, in nanoseconds, a difference) within a round, whose interval's upper end may
 * not exceed a limit.
 *
 * @param goal P1 … P7, COST of the statistics, or a question
 * @param text what is claimed
 * @param over terms above the line
 * @param under terms below the line
 * @param difference whether {@code under} is subtracted instead
 * @param limit the largest legal upper end; infinity to report only
 */
record Claim(String goal, String text, List<Term> over, List<Term> under, boolean difference, double limit) {
  private static final String HELD = "mem.held.per.live";
  private static final String LIMIT = "spl_kmem_cache_slab_limit";
  private static final String MIMALLOC = "-Dslablab.lab.malloc=libmimalloc.so.2";

  static Claim ratio(String goal, String text, Term over, Term under, double limit) {
    return new Claim(goal, text, List.of(over), List.of(under), false, limit);
  }

  static Claim report(String goal, String text, Term over, Term under) {
    return ratio(goal, text, over, under, Double.POSITIVE_INFINITY);
  }

  static Claim difference(String goal, String text, Term over, Term under, double limit) {
    return new Claim(goal, text, List.of(over), List.of(under), true, limit);
  }

  static Claim value(String goal, String text, Term term, double limit) {
    return new Claim(goal, text, List.of(term), List.of(), true, limit);
  }

  Stream<Term> terms() {
    return Stream.concat(over.stream(), under.stream());
  }

  /** All goals of the design that can be asked of what exists. */
  static List<Claim> all() {
    List<Claim> all = new ArrayList<>();
    pairs(all);
    scaling(all);
    handOver(all);
    liveSets(all);
    growth(all);
    limits(all);
    return all;
  }

  private static void pairs(List<Claim> all) {
    Config table = Config.of("PairGoal.slotTable", "size", "64");
    for (String size : List.of("64", "1024", "16384", "65536", "1048576")) {
      Config pair = Config.of("PairGoal.address", "size", size);
      String what = "pair of " + size + " B ÷ ";
      all.add(Claim.ratio("P1", what + "the unrevocable slot table", pair.score(), table.score(), 1.3));
      if (!size.equals("1024")) {
        all.add(Claim.ratio("P1", what + "mimalloc by critical downcall", pair.score(),
            Config.of("PairGoal.malloc", "size", size).jvm(MIMALLOC).score(), size.equals("64") ? 0.5 : 0.25));
      }
    }
    for (String size : List.of("64", "16384")) {
      all.add(Claim.ratio("P1", "Linux slab: pair of " + size + " B ÷ the unrevocable slot table",
          Config.of("PairGoal.address", "size", size, LIMIT, "16384").score(), table.score(), 1.3));
    }
    Config address = Config.of("PairGoal.address", "size", "64");
    Config twin = Config.of("PairGoal.leaseTwin", "size", "64");
    all.add(Claim.ratio("COST", "statistics: a copy of the fast path that counts pops ÷ one that does not",
        twin.score(), twin.jvm("-Dslablab.lab.uncounted=true").score(), 1.1));
    all.add(Claim.report("COST", "the pair of 64 B ÷ that copy, counting", address.score(), twin.score()));
    all.add(Claim.report("P1", "under ZGC: pair of 64 B ÷ the unrevocable slot table",
        address.jvm("-XX:+UseZGC").score(), table.jvm("-XX:+UseZGC").score()));
    Config segment = Config.of("PairGoal.segment", "size", "64");
    all.add(Claim.difference("P2", "segment − address, a word written through each, ns", segment.score(),
        Config.of("PairGoal.addressTouched", "size", "64").score(), 2));
    all.add(Claim.value("P2", "garbage of a segment that does not escape, B",
        segment.metric("gc.alloc.rate.norm"), 0.5));
    all.add(Claim.value("P2", "garbage of a segment that escapes, B (one object)",
        Config.of("PairGoal.segmentEscapes", "size", "64").metric("gc.alloc.rate.norm"), 64));
  }

  private static void scaling(List<Claim> all) {
    Config address = Config.of("PairGoal.address", "size", "64");
    Config ring = Config.of("PairGoal.ring", "size", "64");
    all.add(new Claim("P3", "two threads ÷ one, against a kernel without allocator",
        List.of(address.threads(2).score(), ring.score()), List.of(address.score(), ring.threads(2).score()), false,
        1 / 0.95));
    Config biased = Config.of("Contention.platform", "subject", "SLABLAB", "workers", "64", "magazine_placement", "0");
    all.add(Claim.ratio("P4", "64 threads: an owner's pair ÷ one thread's", biased.metric("pair_p06"),
        Config.of("Contention.platform", "subject", "SLABLAB", "workers", "1", "magazine_placement", "0")
            .metric("pair_p50"), 1.3));
    all.add(Claim.ratio("P4", "64 threads: a non-owner's pair ÷ CPU-indexed compare-and-set", biased.metric("pair_p50"),
        Config.of("Contention.platform", "subject", "SLABLAB", "workers", "64", "magazine_placement", "1")
            .metric("pair_p50"), 1.15));
    all.add(Claim.ratio("P4", "10,000 virtual threads: pair ÷ CPU-indexed compare-and-set",
        Config.of("Contention.virtual", "subject", "SLABLAB", "magazine_placement", "0").metric("pair_p50"),
        Config.of("Contention.virtual", "subject", "SLABLAB", "magazine_placement", "1").metric("pair_p50"), 1.15));
    int cpus = Runtime.getRuntime().availableProcessors();
    all.add(Claim.value("P4", "objects kept ≤ (slots + CPUs) magazines of 256", biased.metric("in_magazines"),
        256.0 * (Integer.highestOneBit(4 * cpus) + cpus)));
  }

  private static void handOver(List<Claim> all) {
    for (String batch : List.of("1", "4096")) {
      Config ours = Config.of("ProducerConsumer.handOver", "subject", "SLABLAB", "batch", batch, LIMIT, "0");
      Config linux = Config.of("ProducerConsumer.handOver", "subject", "SLABLAB", "batch", batch, LIMIT, "16384");
      all.add(Claim.report("P5", "hand-over in batches of " + batch + ": the Linux slab ÷ the SPL's", linux.score(),
          ours.score()));
      all.add(Claim.ratio("P5", "hand-over in batches of " + batch + " (SPL slabs) ÷ Netty adaptive", ours.score(),
          Config.of("ProducerConsumer.handOver", "subject", "NETTY_ADAPTIVE", "batch", batch).score(), 1 / 3.0));
      all.add(Claim.ratio("P5", "hand-over in batches of " + batch + " (SPL slabs) ÷ mimalloc", ours.score(),
          Config.of("ProducerConsumer.handOver", "subject", "NATIVE_MALLOC", "batch", batch)
              .jvm(MIMALLOC).score(), 1));
      all.add(Claim.report("P5", "hand-over in batches of " + batch + ": empty slabs stay a second ÷ go at once",
          ours.score(), Config.of("ProducerConsumer.handOver", "subject", "SLABLAB", "batch", batch, LIMIT, "0",
              "slab_decay", "0").score()));
    }
  }

  private static void liveSets(List<Claim> all) {
    for (String mixture : List.of("WEB_SOCKET", "API_GATEWAY")) {
      for (String live : List.of("128", "1024", "8192", "65536")) {
        String what = mixture + ", " + live + " live: ";
        Config ours = Config.of("LiveSet.slabBuf", "mixture", mixture, "live", live);
        Config netty = Config.of("LiveSet.nettyAdaptive", "mixture", mixture, "live", live);
        all.add(Claim.ratio("P6", what + "buffer ÷ Netty adaptive", ours.score(), netty.score(), 0.5));
        all.add(Claim.ratio("P6", what + "memory held per live byte ÷ Netty adaptive", ours.metric(HELD),
            netty.metric(HELD), 1));
        if (live.equals("1024")) {
          all.add(Claim.ratio("P6", what + "two threads, buffer ÷ Netty adaptive", ours.threads(2).score(),
              netty.threads(2).score(), 0.5));
          all.add(Claim.report("P6", what + "buffer ÷ Netty pooled", ours.score(),
              Config.of("LiveSet.nettyPooled", "mixture", mixture, "live", live).score()));
          all.add(Claim.report("P6", what + "buffer ÷ the same handle over mimalloc", ours.score(),
              Config.of("LiveSet.nativeBuf", "mixture", mixture, "live", live).jvm(MIMALLOC).score()));
          all.add(Claim.report("P6", what + "driver alone ÷ buffer",
              Config.of("LiveSet.control", "mixture", mixture, "live", live).score(), ours.score()));
        }
      }
    }
  }

  /** No goal, a question: what the Linux slab costs beside the SPL's on both sides of 16 KiB. */
  private static void limits(List<Claim> all) {
    for (String size : List.of("1024", "4104", "16384", "16400", "65536")) {
      for (String kernel : List.of("pair", "bursts")) {
        Config linux = Config.of("SlabLimit." + kernel, "size", size, LIMIT, "65536");
        Config spl = Config.of("SlabLimit." + kernel, "size", size, LIMIT, "0");
        all.add(Claim.report("LIMIT", kernel + " of " + size + " B: Linux slab ÷ SPL", linux.score(), spl.score()));
        if (kernel.equals("bursts")) {
          all.add(Claim.difference("LIMIT", size + " B: waste of the Linux slab − the SPL's", linux.metric("mem.waste"),
              spl.metric("mem.waste"), Double.POSITIVE_INFINITY));
          all.add(Claim.report("LIMIT", size + " B: most bytes of slabs, Linux ÷ SPL", linux.metric("mem.peak"),
              spl.metric("mem.peak")));
        }
      }
    }
  }

  private static void growth(List<Claim> all) {
    for (String size : List.of("1024", "16384")) {
      Config caller = Config.of("Growth.burst", "size", size, "grow_in_caller", "1");
      Config task = Config.of("Growth.burst", "size", size, "grow_in_caller", "0");
      for (Config cell : List.of(caller, task)) {
        String who = cell == caller ? "in the caller" : "in a task thread";
        all.add(Claim.difference("P7", size + " B, growth " + who + ": p99 above the stall control, ns",
            cell.metric("grow_p99"), cell.metric("stall_p99"), 100_000));
        all.add(Claim.value("P7", size + " B, growth " + who + ": deadlocks", cell.metric("deadlocks"), 0));
      }
      all.add(Claim.report("P7", size + " B: median growth in the caller ÷ in a task thread", caller.metric("grow_p50"),
          task.metric("grow_p50")));
      Config trailer = Config.of("Growth.burst", "size", size, "grow_in_caller", "1", "object_layout", "0");
      all.add(Claim.report("P7", size + " B: median growth out of band ÷ with trailers", caller.metric("grow_p50"),
          trailer.metric("grow_p50")));
    }
  }
}
